/**
 * GitHub's signature over a delivery: `sha256=` and the HMAC of the body's bytes under the webhook secret.
 * https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
 */
import { createHmac, timingSafeEqual } from "node:crypto";

export function sign(secret: string, body: Uint8Array): string {
  return `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
}

export function isSigned(secret: string, body: Uint8Array, signature: string): boolean {
  return equalInConstantTime(signature, sign(secret, body));
}

/** Takes the same time wherever the texts differ; their lengths are no secret. */
export function equalInConstantTime(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
