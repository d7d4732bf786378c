/**
 * Secondary limits: how much content in a minute and in an hour, and how many points in a minute (a read is 1, a write 5; for
 * REST and GraphQL apart). The real thresholds are not public; 80, 500, 900 and 2,000 are what GitHub documents, all off
 * unless a test wants them.
 * https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
 */
import { ApiError } from "./routes/reply.ts";

export type SecondarySettings = {
  contentPerMinute?: number;
  contentPerHour?: number;
  pointsPerMinute?: number;
  /** The same for GraphQL, which has a budget of its own: 2,000. */
  graphqlPointsPerMinute?: number;
  /** GitHub answers either. Default 403. */
  status?: 403 | 429;
};

export type SecondaryLimits = {
  settings: SecondarySettings;
  /** Counts a request of `who`. Throws with `retry-after` beyond a limit; what is refused is not counted. */
  count(who: string, request: { method: string; content: boolean; graphql?: boolean }, now: number): void;
};

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

type Spent = { at: number; amount: number };

/** Seconds until there is room for `amount` more within the last `span`; undefined when there is room now. */
function wait(spent: readonly Spent[], amount: number, limit: number | undefined, span: number, now: number) {
  if (limit === undefined) return undefined;
  const recent = spent.filter((each) => each.at > now - span);
  let over = recent.reduce((sum, each) => sum + each.amount, amount) - limit;
  if (over <= 0) return undefined;
  const last = recent.find((each) => {
    over -= each.amount;
    return over <= 0;
  });
  return Math.max(1, Math.ceil(((last?.at ?? now) + span - now) / 1000));
}

const exceeded = "You have exceeded a secondary rate limit";
const contentText = `${exceeded} and have been temporarily blocked from content creation. Please retry your request again later.`;
const pointsText = `${exceeded}. Please wait a few minutes before you try again.`;

export function makeSecondaryLimits(given: SecondarySettings): SecondaryLimits {
  const content = new Map<string, Spent[]>();
  const points = new Map<string, Spent[]>();
  const recent = (map: Map<string, Spent[]>, who: string, now: number): Spent[] => {
    const kept = (map.get(who) ?? []).filter((each) => each.at > now - hourMs);
    map.set(who, kept);
    return kept;
  };
  const limits: SecondaryLimits = {
    settings: given,
    count(who, request, now) {
      const { contentPerMinute, contentPerHour, status = 403 } = limits.settings;
      const pointsPerMinute = limits.settings[request.graphql ? "graphqlPointsPerMinute" : "pointsPerMinute"];
      const refuse = (text: string, seconds: number) =>
        new ApiError(status, text, undefined, { "retry-after": String(seconds) });
      const made = recent(content, who, now);
      const cost = ["GET", "HEAD", "OPTIONS"].includes(request.method) ? 1 : 5;
      const paid = recent(points, request.graphql ? `${who}, GraphQL` : who, now);
      const tooMany = wait(paid, cost, pointsPerMinute, minuteMs, now);
      if (tooMany !== undefined) throw refuse(pointsText, tooMany);
      const tooMuch = request.content
        ? (wait(made, 1, contentPerHour, hourMs, now) ?? wait(made, 1, contentPerMinute, minuteMs, now))
        : undefined;
      if (tooMuch !== undefined) throw refuse(contentText, tooMuch);
      paid.push({ at: now, amount: cost });
      if (request.content) made.push({ at: now, amount: 1 });
    },
  };
  return limits;
}
