/**
 * The primary rate limits: requests in an hour for REST, points in an hour for GraphQL, told in `x-ratelimit-*`.
 * https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
 */
import { ApiError } from "./routes/reply.ts";

export type Resource = "core" | "graphql";

export type Limits = {
  /** Counts one request of `who`, or that many points; the headers to send with the answer. Throws 403 when not enough is left. */
  request(who: string, now: number, spent?: { resource: Resource; points: number }): Record<string, string>;
  /** The headers without counting: /rate_limit is free. */
  peek(who: string, now: number, resource?: Resource): Record<string, string>;
  /** Takes one request back: 304 is free. */
  refund(who: string, now: number): Record<string, string>;
};

const hourMs = 3_600_000;
const anonymousPerHour = 60;

type Window = { used: number; resetAt: number };

/** @param perHour of a caller with credentials; GitHub's smallest is 5,000 of each */
export function makeLimits(perHour: Partial<Record<Resource, number>>): Limits {
  const windows = new Map<string, Window>();

  const windowOf = (who: string, resource: Resource, now: number): Window => {
    const key = `${resource} ${who}`;
    const known = windows.get(key);
    if (known && known.resetAt > now) return known;
    const fresh = { used: 0, resetAt: now + hourMs };
    windows.set(key, fresh);
    return fresh;
  };
  const limitOf = (who: string, resource: Resource): number =>
    who === "anonymous" ? anonymousPerHour : (perHour[resource] ?? 5_000);
  const headers = (who: string, resource: Resource, window: Window): Record<string, string> => ({
    "x-ratelimit-limit": String(limitOf(who, resource)),
    "x-ratelimit-remaining": String(Math.max(0, limitOf(who, resource) - window.used)),
    "x-ratelimit-used": String(window.used),
    "x-ratelimit-reset": String(Math.ceil(window.resetAt / 1000)),
    "x-ratelimit-resource": resource,
  });

  return {
    peek: (who, now, resource = "core") => headers(who, resource, windowOf(who, resource, now)),
    refund(who, now) {
      const window = windowOf(who, "core", now);
      window.used = Math.max(0, window.used - 1);
      return headers(who, "core", window);
    },
    request(who, now, { resource, points } = { resource: "core", points: 1 }) {
      const window = windowOf(who, resource, now);
      if (window.used + points > limitOf(who, resource)) {
        const text = `API rate limit exceeded for ${who}.`;
        throw new ApiError(403, text, undefined, headers(who, resource, window));
      }
      window.used += points;
      return headers(who, resource, window);
    },
  };
}
