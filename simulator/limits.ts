/**
 * The primary rate limit: requests in an hour, told in `x-ratelimit-*`.
 * https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
 */
import { ApiError } from "./routes/reply.ts";

export type Limits = {
  /** Counts one request of `who`; the headers to send with the answer. Throws 403 when nothing is left. */
  request(who: string, now: number): Record<string, string>;
  /** The headers without counting: /rate_limit is free. */
  peek(who: string, now: number): Record<string, string>;
  /** Takes one request back: 304 is free. */
  refund(who: string, now: number): Record<string, string>;
};

const hourMs = 3_600_000;
const anonymousPerHour = 60;

type Window = { used: number; resetAt: number };

export function makeLimits(requestsPerHour = 5_000): Limits {
  const windows = new Map<string, Window>();

  const windowOf = (who: string, now: number): Window => {
    const known = windows.get(who);
    if (known && known.resetAt > now) return known;
    const fresh = { used: 0, resetAt: now + hourMs };
    windows.set(who, fresh);
    return fresh;
  };
  const limitOf = (who: string): number => (who === "anonymous" ? anonymousPerHour : requestsPerHour);
  const headers = (who: string, window: Window): Record<string, string> => ({
    "x-ratelimit-limit": String(limitOf(who)),
    "x-ratelimit-remaining": String(Math.max(0, limitOf(who) - window.used)),
    "x-ratelimit-used": String(window.used),
    "x-ratelimit-reset": String(Math.ceil(window.resetAt / 1000)),
    "x-ratelimit-resource": "core",
  });

  return {
    peek: (who, now) => headers(who, windowOf(who, now)),
    refund(who, now) {
      const window = windowOf(who, now);
      window.used = Math.max(0, window.used - 1);
      return headers(who, window);
    },
    request(who, now) {
      const window = windowOf(who, now);
      if (window.used >= limitOf(who)) {
        const text = `API rate limit exceeded for ${who}.`;
        throw new ApiError(403, text, undefined, headers(who, window));
      }
      window.used += 1;
      return headers(who, window);
    },
  };
}
