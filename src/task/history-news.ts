/**
 * News for whoever keeps a history: a bounded stream that says which task is over, or has changed since, whose pull request was
 * closed, and which issue is to be forgotten. It names, the record tells: so news may be read twice, late, or in any order. What
 * became of a pull request stands beside the record of its task, for as long as that is kept.
 */
import type { Redis, Result } from "ioredis";
import { z } from "zod";
import { keys } from "./keys.ts";
import { readRecord, warnOfUnreadable } from "./record.ts";

/** What was lost and is there again: a task's job, a delivery of GitHub. */
const RECOVERED = ["requeued", "redelivered"] as const;
export type Recovered = (typeof RECOVERED)[number];

/** `settled` comes once for each task, `changed` for whatever is noted down of it later; `recovered` is of no task. */
const newsShape = z.discriminatedUnion("what", [
  z.object({ what: z.enum(["settled", "changed", "closed"]), of: z.string() }),
  z.object({ what: z.literal("recovered"), of: z.enum(RECOVERED) }),
  z.object({ what: z.literal("forgotten"), of: z.string().regex(/^\d+\/\d+$/) }),
]);
export type HistoryNews = z.output<typeof newsShape>;
export type HistoryEntry = { id: string; news: HistoryNews | undefined };

/** What became of a task's pull request. Times are Unix ms. */
export type Closed = { openedAt: number; at: number; merged: boolean };
const closedShape = z.object({ openedAt: z.number(), at: z.number(), merged: z.boolean() });

/**
 * What the repository's CI says of the commit that a task published first. `suites`: of each of its check suites whether it was good, when it
 * was completed for the first time; `said`: of all of them together.
 */
export type Ci = { sha: string; suites: Record<string, boolean>; said: "green" | "red" };
const ciShape = z.object({
  sha: z.string(),
  suites: z.record(z.string(), z.boolean()),
  said: z.enum(["green", "red"]),
});

/** Check suites that are told apart on one commit: each is made by another App. */
const SUITES = 50;

/** Entries that are kept, about: a stream of names, some 10 MB. Whoever is further behind reads the records instead. */
const KEPT = 200_000;
/** For scripts: `tellHistory(stream, what, of)`. */
export const tellHistory = `
local function tellHistory(stream, what, of)
  redis.call("XADD", stream, "MAXLEN", "~", ${KEPT}, "*", "what", what, "of", of)
end`;

declare module "ioredis" {
  interface RedisCommander<Context> {
    orchClosed(numberOfKeys: 2, ...args: (string | number)[]): Result<number, Context>;
    orchCi(numberOfKeys: 2, ...args: (string | number)[]): Result<number, Context>;
  }
}

// KEYS task history · ARGV id closed(JSON; empty = it is open again) changed. A merge is never taken back.
const CLOSED = `${tellHistory}
if redis.call("EXISTS", KEYS[1]) == 0 then return 0 end
local was = redis.call("HGET", KEYS[1], "closed") or ""
if was == ARGV[2] or (was ~= "" and cjson.decode(was).merged) then return 0 end
if ARGV[2] == "" then redis.call("HDEL", KEYS[1], "closed") else redis.call("HSET", KEYS[1], "closed", ARGV[2]) end
tellHistory(KEYS[2], "closed", ARGV[1])
redis.call("PUBLISH", ARGV[3], ARGV[1])
return 1`;

// KEYS task history · ARGV id sha suite good(1/0) changed. The first commit that was judged, and of each suite the first end, are what counts.
const CI = `${tellHistory}
if redis.call("EXISTS", KEYS[1]) == 0 then return 0 end
local was = redis.call("HGET", KEYS[1], "ci")
local ci = was and cjson.decode(was) or { sha = ARGV[2], suites = {}, said = "green" }
if ci.sha ~= ARGV[2] or ci.suites[ARGV[3]] ~= nil then return 0 end
local known = 0
for _ in pairs(ci.suites) do known = known + 1 end
if known >= ${SUITES} then return 0 end
ci.suites[ARGV[3]] = ARGV[4] == "1"
if ARGV[4] ~= "1" then ci.said = "red" end
redis.call("HSET", KEYS[1], "ci", cjson.encode(ci))
tellHistory(KEYS[2], "changed", ARGV[1])
redis.call("PUBLISH", ARGV[5], ARGV[1])
return 1`;

/** The start of every stream. */
export const BEGINNING = "0-0";

export function makeHistoryNews(redis: Redis) {
  redis.defineCommand("orchClosed", { lua: CLOSED });
  redis.defineCommand("orchCi", { lua: CI });

  /** Undefined: it was opened again. True when that is news. */
  async function noteClosed(id: string, closed: Closed | undefined): Promise<boolean> {
    const text = closed ? JSON.stringify(closed) : "";
    return (await redis.orchClosed(2, keys.task(id), keys.history, id, text, keys.changed)) === 1;
  }

  /** True when that is news. `suite`: its id. */
  async function noteCi(
    id: string,
    { sha, suite, good }: { sha: string; suite: number; good: boolean },
  ): Promise<boolean> {
    const values = [id, sha, suite, good ? 1 : 0, keys.changed];
    return (await redis.orchCi(2, keys.task(id), keys.history, ...values)) === 1;
  }

  return { noteClosed, noteCi };
}

/** Undefined while it is open, and where that is not known. */
export const readClosed = (redis: Redis, id: string) => readBeside<Closed>(redis, id, "closed", closedShape);

/** Undefined as long as none has judged it. */
export const readCi = (redis: Redis, id: string) => readBeside<Ci>(redis, id, "ci", ciShape);

/** What cannot be read is not known: of one task, which is no reason to know nothing of all others. */
async function readBeside<T>(redis: Redis, id: string, field: string, shape: z.ZodType): Promise<T | undefined> {
  const text = await redis.hget(keys.task(id), field);
  if (text === null) return undefined;
  return readRecord<T>(`${keys.task(id)} ${field}`, shape, () => JSON.parse(text), warnOfUnreadable);
}

/** What came after that entry, oldest first. An entry of a newer Orch has no news. */
export async function readHistoryNews(redis: Redis, after: string, limit: number): Promise<HistoryEntry[]> {
  const [stream] = (await redis.xread("COUNT", limit, "STREAMS", keys.history, after)) ?? [];
  return (stream?.[1] ?? []).map(([id, fields]) => {
    const pairs = Array.from({ length: fields.length / 2 }, (_, nth) => [fields[2 * nth], fields[2 * nth + 1]]);
    return { id, news: newsShape.safeParse(Object.fromEntries(pairs)).data };
  });
}

/** The ids of the first and the last entry that are kept; undefined where there are none. */
export async function historyEnds(redis: Redis): Promise<{ first: string; last: string } | undefined> {
  const [[first], [last]] = await Promise.all([
    redis.xrange(keys.history, "-", "+", "COUNT", 1),
    redis.xrevrange(keys.history, "+", "-", "COUNT", 1),
  ]);
  return first && last && { first: first[0], last: last[0] };
}

/** All keepers of a history leave out what was asked for there. */
export async function tellForgotten(redis: Redis, repositoryId: number, number: number): Promise<void> {
  await redis.xadd(keys.history, "MAXLEN", "~", KEPT, "*", "what", "forgotten", "of", `${repositoryId}/${number}`);
}

/** Something that belongs to a task was noted down beside its record. */
export async function tellChanged(redis: Redis, id: string): Promise<void> {
  await redis.xadd(keys.history, "MAXLEN", "~", KEPT, "*", "what", "changed", "of", id);
}

/** Only counted. */
export async function tellRecovered(redis: Redis, what: Recovered): Promise<void> {
  await redis.xadd(keys.history, "MAXLEN", "~", KEPT, "*", "what", "recovered", "of", what);
}

/** By their order in a stream. */
export function isEarlier(one: string, other: string): boolean {
  const [oneMs = 0, oneSeq = 0] = one.split("-").map(Number);
  const [otherMs = 0, otherSeq = 0] = other.split("-").map(Number);
  return oneMs === otherMs ? oneSeq < otherSeq : oneMs < otherMs;
}
