/**
 * The scripts by which the store changes Redis: each is one deed that happens as a whole or not at all, and says with 1 or 0
 * whether it did. Their keys and arguments are named above each; times are Unix milliseconds.
 */
import type { Redis, Result } from "ioredis";

/** Of a task's event stream, about. */
const MAX_EVENTS = 1_000;

declare module "ioredis" {
  interface RedisCommander<Context> {
    orchCreate(numberOfKeys: 5, ...args: (string | number)[]): Result<number, Context>;
    orchAdvance(numberOfKeys: 4, ...args: (string | number)[]): Result<number, Context>;
    orchClaimReport(numberOfKeys: 1, ...args: (string | number)[]): Result<number, Context>;
    orchMarkReported(numberOfKeys: 5, ...args: (string | number)[]): Result<number, Context>;
  }
}

// KEYS task events open unreported issue · ARGV id record acceptedAt event dueAt channel
// The list may be about to expire, for its tasks so far are over.
const CREATE = `
if redis.call("EXISTS", KEYS[1]) == 1 then return 0 end
redis.call("HSET", KEYS[1], "version", 1, "record", ARGV[2])
redis.call("XADD", KEYS[2], "MAXLEN", "~", ${MAX_EVENTS}, "*", "event", ARGV[4])
redis.call("ZADD", KEYS[3], ARGV[3], ARGV[1])
redis.call("ZADD", KEYS[4], "LT", ARGV[5], ARGV[1])
redis.call("ZADD", KEYS[5], ARGV[3], ARGV[1])
redis.call("PERSIST", KEYS[5])
redis.call("PUBLISH", ARGV[6], ARGV[1])
return 1`;

// KEYS task events open unreported · ARGV id expectedVersion record event at waits settled channel
// The writer's clock may run ahead; what has happened is due by Redis' clock at the latest, and what it `waits` later, ms.
const ADVANCE = `
if redis.call("HGET", KEYS[1], "version") ~= ARGV[2] then return 0 end
redis.call("HSET", KEYS[1], "version", ARGV[2] + 1, "record", ARGV[3])
redis.call("XADD", KEYS[2], "MAXLEN", "~", ${MAX_EVENTS}, "*", "event", ARGV[4])
local time = redis.call("TIME")
local due = math.min(tonumber(ARGV[5]), time[1] * 1000 + math.floor(time[2] / 1000)) + ARGV[6]
redis.call("ZADD", KEYS[4], "LT", due, ARGV[1])
if ARGV[7] == "1" then redis.call("ZREM", KEYS[3], ARGV[1]) end
redis.call("PUBLISH", ARGV[8], ARGV[1])
return 1`;

// KEYS unreported · ARGV id now until
const CLAIM_REPORT = `
local due = redis.call("ZSCORE", KEYS[1], ARGV[1])
if not due or tonumber(due) > tonumber(ARGV[2]) then return 0 end
redis.call("ZADD", KEYS[1], "XX", ARGV[3], ARGV[1])
return 1`;

// KEYS task events shown unreported issue · ARGV id version expireSeconds(0 = keep) channel
const MARK_REPORTED = `
if redis.call("HGET", KEYS[1], "version") ~= ARGV[2] then return 0 end
redis.call("ZREM", KEYS[4], ARGV[1])
redis.call("PUBLISH", ARGV[4], ARGV[1])
if ARGV[3] ~= "0" then
  for i = 1, 3 do redis.call("EXPIRE", KEYS[i], ARGV[3]) end
  redis.call("EXPIRE", KEYS[5], ARGV[3])
end
return 1`;

export function defineStoreScripts(redis: Redis): void {
  redis.defineCommand("orchCreate", { lua: CREATE });
  redis.defineCommand("orchAdvance", { lua: ADVANCE });
  redis.defineCommand("orchClaimReport", { lua: CLAIM_REPORT });
  redis.defineCommand("orchMarkReported", { lua: MARK_REPORTED });
}
