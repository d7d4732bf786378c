/**
 * What each installation may still ask of GitHub, kept in Redis for all bots together. GitHub tells how many requests are
 * left; how much text may be created and edited it only documents, so that is counted here, and kept below.
 * https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
 */
import { randomUUID } from "node:crypto";
import type { Redis, Result } from "ioredis";
import type { Logger } from "./log.ts";
import { BUDGET_LIMITS, type ContentLimits, parseRest, type Rest } from "./task/github-budget.ts";
import { keys } from "./task/keys.ts";

declare module "ioredis" {
  interface RedisCommander<Context> {
    orchSpendContent(numberOfKeys: 1, ...args: (string | number)[]): Result<number, Context>;
  }
}

export type Budget = ReturnType<typeof makeBudget>;

/** Nothing was sent: there is room again after a while, which is told as GitHub tells it. */
export class BudgetSpent extends Error {
  override readonly name = "BudgetSpent";
  readonly status = 429;
  readonly response: { headers: Record<string, string> };
  constructor(waitMs: number) {
    super("The installation's budget for creating and editing text is spent: rate limit of our own");
    this.response = { headers: { "retry-after": String(Math.max(1, Math.ceil(waitMs / 1_000))) } };
  }
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** How often one bot writes down what GitHub says of an installation's requests, ms. */
const TELL_EVERY_MS = 2_000;

// KEYS content · ARGV now name perMinute perHour
// Gives 0 when it was spent, else how long until there is room, ms.
const SPEND = `
local now, key = tonumber(ARGV[1]), KEYS[1]
redis.call("ZREMRANGEBYSCORE", key, "-inf", now - ${HOUR_MS})
if redis.call("ZSCORE", key, ARGV[2]) then return 0 end
local function waitFor(span, most)
  if redis.call("ZCOUNT", key, "(" .. (now - span), "+inf") < most then return 0 end
  local oldest = redis.call("ZREVRANGE", key, most - 1, most - 1, "WITHSCORES")[2]
  return math.max(1, oldest + span - now)
end
local wait = math.max(waitFor(${MINUTE_MS}, tonumber(ARGV[3])), waitFor(${HOUR_MS}, tonumber(ARGV[4])))
if wait > 0 then return wait end
redis.call("ZADD", key, now, ARGV[2])
redis.call("PEXPIRE", key, ${HOUR_MS})
return 0`;

type BudgetDeps = { redis: Redis; now: () => number; log: Logger; limits?: ContentLimits };

export function makeBudget({ redis, now, log, limits = BUDGET_LIMITS }: BudgetDeps) {
  redis.defineCommand("orchSpendContent", { lua: SPEND });
  const toldAt = new Map<number, number>();

  /** Before text is created or edited. Throws `BudgetSpent`. */
  async function spendContent(installationId: number): Promise<void> {
    const key = keys.content(installationId);
    const wait = await redis.orchSpendContent(1, key, now(), randomUUID(), limits.perMinute, limits.perHour);
    if (wait > 0) throw new BudgetSpent(wait);
  }

  /** How much of the room for text is used, 0 to 1, by the tighter of the two limits. */
  async function contentUse(installationId: number): Promise<number> {
    const key = keys.content(installationId);
    const [minute, hour] = await Promise.all([
      redis.zcount(key, now() - MINUTE_MS, "+inf"),
      redis.zcount(key, now() - HOUR_MS, "+inf"),
    ]);
    return Math.max(minute / limits.perMinute, hour / limits.perHour);
  }

  /** Takes down what an answer says of the limits. Never throws. */
  function heard(installationId: number, { status, headers }: Pick<Response, "status" | "headers">): void {
    const rest = restOf(status, headers, now());
    const isNews = rest.heldUntil !== undefined || now() - (toldAt.get(installationId) ?? 0) > TELL_EVERY_MS;
    if (!isNews || (rest.remaining === undefined && rest.heldUntil === undefined)) return;
    toldAt.set(installationId, now());
    save(installationId, rest).catch((error: unknown) => log.debug({ err: error }, "a budget was not written down"));
  }

  async function save(installationId: number, rest: Partial<Rest>): Promise<void> {
    const key = keys.budget(installationId);
    const fields = Object.entries(rest).flatMap(([name, value]) => (value === undefined ? [] : [name, value]));
    await redis
      .pipeline()
      .hset(key, ...fields)
      .pexpire(key, HOUR_MS)
      .sadd(keys.budgets, installationId)
      .exec();
  }

  /** Until when GitHub wants to hear nothing of the installation, Unix ms; 0 when it may be asked. */
  async function heldUntil(installationId: number): Promise<number> {
    return parseRest(await redis.hgetall(keys.budget(installationId))).heldUntil ?? 0;
  }

  /** For all bots: GitHub has refused, and wants to be left alone until then, Unix ms. */
  const hold = (installationId: number, until: number) => save(installationId, { heldUntil: until, at: now() });

  return { spendContent, contentUse, heard, heldUntil, hold };
}

function restOf(status: number, headers: Headers, now: number): Partial<Rest> {
  const number = (name: string) => {
    const text = headers.get(name);
    return text === null || !/^\d+$/.test(text) ? undefined : Number(text);
  };
  const [limit, remaining, reset] = ["limit", "remaining", "reset"].map((name) => number(`x-ratelimit-${name}`));
  const after = status === 403 || status === 429 ? number("retry-after") : undefined;
  const held = after === undefined ? {} : { heldUntil: now + after * 1_000 };
  // GraphQL has a budget of its own, and tells that.
  if ((headers.get("x-ratelimit-resource") ?? "core") !== "core") return { at: now, ...held };
  return {
    at: now,
    ...(limit !== undefined && { limit }),
    ...(remaining !== undefined && { remaining }),
    ...(reset !== undefined && { resetAt: reset * 1_000 }),
    ...held,
  };
}
