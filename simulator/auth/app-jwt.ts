/**
 * Checks the JSON Web Token with which an App speaks for itself: RS256 over the App's key, `exp` at most ten minutes
 * away, `iat` not in the future, `iss` = App id or client id.
 * https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
 */
import { createVerify } from "node:crypto";
import type { AppIdentity } from "../store/model.ts";

/** GitHub tolerates some drift between clocks in `iat`, and none beyond the ten minutes of `exp`. */
const driftSeconds = 60;
const maxLifeSeconds = 600;

const undecodable = "A JSON web token could not be decoded";

function decode(part: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? "", "base64url").toString());
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // not JSON: the caller answers that the token could not be decoded
  }
}

/** The reason why the token is refused, in GitHub's words, or undefined when it is good. `now` in seconds. */
export function refuseAppJwt(token: string, app: AppIdentity, now: number): string | undefined {
  const parts = token.split(".");
  const header = decode(parts[0]);
  const claims = decode(parts[1]);
  if (parts.length !== 3 || !header || !claims || header.alg !== "RS256") return undecodable;
  const { exp, iat, iss } = claims;
  if (String(iss) !== String(app.id) && iss !== app.clientId)
    return "'Issuer' claim ('iss') must be the App's client ID or its numeric ID";
  const verify = createVerify("RSA-SHA256").update(`${parts[0]}.${parts[1]}`);
  if (!verify.verify(app.publicKey, parts[2] ?? "", "base64url")) return undecodable;
  if (typeof exp !== "number" || exp <= now)
    return "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires";
  if (exp > now + maxLifeSeconds) return "'Expiration time' claim ('exp') is too far in the future";
  if (typeof iat !== "number" || iat > now + driftSeconds)
    return "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued";
  return undefined;
}
