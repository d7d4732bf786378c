/** What an HTTP status of the model's service means, whichever program tells it. */
import type { ErrorReason } from "./event.ts";

/** Undefined below 400. */
export function reasonOfStatus(status: number): ErrorReason | undefined {
  if (status === 401 || status === 403) return "auth";
  if (status === 402) return "credit";
  if (status === 429 || status === 529) return "rate_limit";
  if (status >= 500) return "server";
  return status >= 400 ? "bad_request" : undefined;
}
