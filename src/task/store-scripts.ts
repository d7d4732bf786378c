/**
 * The scripts by which the store changes Redis: each is one deed that happens as a whole or not at all, and says with 1 or 0
 * whether it did. Their keys and arguments are named above each; times are Unix milliseconds.
 */
import type { Redis, Result } from "ioredis";
import { dueScripts } from "./due-set.ts";
import { tellHistory } from "./history-news.ts";

/** Of a task's timeline. Then only how it ends still goes in: how it began is worth more than what came again and again. */
const MAX_EVENTS = 60;

declare module "ioredis" {
  interface RedisCommander<Context> {
    orchCreate(numberOfKeys: 8, ...args: (string | number)[]): Result<number, Context>;
    orchAdvance(numberOfKeys: 11, ...args: (string | number)[]): Result<number, Context>;
    orchMarkReported(numberOfKeys: 9, ...args: (string | number)[]): Result<number, Context>;
    orchDoubt(numberOfKeys: 4, ...args: (string | number)[]): Result<number, Context>;
    orchSay(numberOfKeys: 5, ...args: (string | number)[]): Result<number, Context>;
    orchNews(numberOfKeys: 4, ...args: (string | number)[]): Result<number, Context>;
  }
}

// KEYS task timeline open issue conversation, and the three of the reports · ARGV id record acceptedAt event dueAt channel forgotten told(1 = GitHub shows something of it)
// The lists of the issue and of the conversation keep the order in which tasks came, whatever the clocks say. They may be about
// to expire, for their tasks so far are over; of tasks from before `forgotten` there are no records any more.
// `untold` stays until somebody begins to show the task.
const CREATE = `${dueScripts.plan}
if redis.call("EXISTS", KEYS[1]) == 1 then return 0 end
redis.call("HSET", KEYS[1], "version", 1, "record", ARGV[2])
if ARGV[8] ~= "1" then redis.call("HSET", KEYS[1], "untold", 1) end
redis.call("RPUSH", KEYS[2], ARGV[4])
redis.call("ZADD", KEYS[3], ARGV[3], ARGV[1])
for i = 4, 5 do
  local last = redis.call("ZRANGE", KEYS[i], -1, -1, "WITHSCORES")[2] or 0
  redis.call("ZADD", KEYS[i], math.max(tonumber(ARGV[3]), last + 1), ARGV[1])
  redis.call("ZREMRANGEBYSCORE", KEYS[i], "-inf", "(" .. ARGV[7])
  redis.call("PERSIST", KEYS[i])
end
plan(KEYS[6], KEYS[7], KEYS[8], ARGV[1], ARGV[5])
redis.call("PUBLISH", ARGV[6], ARGV[1])
return 1`;

// KEYS task timeline open, the three of the reports, followers, the three of the dispatch, history
// ARGV id expectedVersion record event(empty = none) at waits settled channel readyChannel
// The writer's clock may run ahead; what has happened is due by Redis' clock at the latest, and what it `waits` later, ms.
// Tasks that wait for one that is settled are looked at now.
const ADVANCE = `${dueScripts.plan}${tellHistory}
if redis.call("HGET", KEYS[1], "version") ~= ARGV[2] then return 0 end
redis.call("HSET", KEYS[1], "version", ARGV[2] + 1, "record", ARGV[3])
if ARGV[4] ~= "" and (ARGV[7] == "1" or redis.call("LLEN", KEYS[2]) < ${MAX_EVENTS}) then
  redis.call("RPUSH", KEYS[2], ARGV[4])
end
local time = redis.call("TIME")
local due = math.min(tonumber(ARGV[5]), time[1] * 1000 + math.floor(time[2] / 1000)) + ARGV[6]
plan(KEYS[4], KEYS[5], KEYS[6], ARGV[1], due)
if ARGV[7] == "1" then
  local isNew = redis.call("ZREM", KEYS[3], ARGV[1]) == 1
  tellHistory(KEYS[11], isNew and "settled" or "changed", ARGV[1])
  local followers = redis.call("SMEMBERS", KEYS[7])
  for _, follower in ipairs(followers) do plan(KEYS[8], KEYS[9], KEYS[10], follower, due - ARGV[6]) end
  if #followers > 0 then
    redis.call("DEL", KEYS[7])
    redis.call("PUBLISH", ARGV[9], ARGV[1])
  end
end
redis.call("PUBLISH", ARGV[8], ARGV[1])
return 1`;

// KEYS task timeline shown issue conversation oldTimeline, and the three of the reports · ARGV id version token doubt expireSeconds(0 = keep) channel news
// Gives 0 when there is more to tell, -1 when the report is another's. Sent again, it finds nothing planned and says 1 again.
const MARK_REPORTED = `${dueScripts.remove}
local isSeen = redis.call("HGET", KEYS[1], "version") == ARGV[2] and (redis.call("HGET", KEYS[1], "doubt") or "") == ARGV[4]
isSeen = isSeen and (redis.call("HGET", KEYS[1], "news") or "") == ARGV[7]
local isPlanned = redis.call("ZSCORE", KEYS[7], ARGV[1])
if isPlanned and redis.call("HGET", KEYS[8], ARGV[1]) ~= ARGV[3] then return -1 end
if not isSeen then return 0 end
if not isPlanned then return 1 end
remove(KEYS[7], KEYS[8], KEYS[9], ARGV[1])
redis.call("HDEL", KEYS[1], "doubt")
redis.call("PUBLISH", ARGV[6], ARGV[1])
if ARGV[5] ~= "0" then
  for i = 1, 6 do redis.call("EXPIRE", KEYS[i], ARGV[5]) end
end
return 1`;

// KEYS task, and the three of the reports · ARGV id doubt at channel
const DOUBT = `${dueScripts.plan}
if redis.call("EXISTS", KEYS[1]) == 0 then return 0 end
redis.call("HSET", KEYS[1], "doubt", ARGV[2])
plan(KEYS[2], KEYS[3], KEYS[4], ARGV[1], ARGV[3])
redis.call("PUBLISH", ARGV[4], ARGV[1])
return 1`;

// KEYS task, the three of the reports, messages · ARGV id epoch said(JSON) at firstWordMs format channel
// Only what is said changes, so the record is neither read nor written by whoever says it. Gives how many messages wait for the agent;
// -1 for a run that is not the current one.
const SAY = `${dueScripts.plan}
local isRecord, record = pcall(cjson.decode, redis.call("HGET", KEYS[1], "record") or "")
if not isRecord or type(record) ~= "table" or type(record.state) ~= "table" then return -1 end
if (record.format or 1) > tonumber(ARGV[6]) or record.state.name ~= "running" or record.epoch ~= tonumber(ARGV[2]) then return -1 end
local waiting = redis.call("XLEN", KEYS[5])
if redis.call("HGET", KEYS[1], "said") == ARGV[3] then return waiting end
redis.call("HINCRBY", KEYS[1], "version", 1)
redis.call("HSET", KEYS[1], "said", ARGV[3])
local time = redis.call("TIME")
local at = math.min(tonumber(ARGV[4]), time[1] * 1000 + math.floor(time[2] / 1000))
local waits = math.max(0, math.min(tonumber(ARGV[5]), record.spec.acceptedAt + ARGV[5] - ARGV[4]))
plan(KEYS[2], KEYS[3], KEYS[4], ARGV[1], at + waits)
redis.call("PUBLISH", ARGV[7], ARGV[1])
return waiting`;

// KEYS task, and the three of the reports · ARGV id at channel
const NEWS = `${dueScripts.plan}
if redis.call("EXISTS", KEYS[1]) == 0 then return 0 end
redis.call("HINCRBY", KEYS[1], "news", 1)
plan(KEYS[2], KEYS[3], KEYS[4], ARGV[1], ARGV[2])
redis.call("PUBLISH", ARGV[3], ARGV[1])
return 1`;

export function defineStoreScripts(redis: Redis): void {
  redis.defineCommand("orchCreate", { lua: CREATE });
  redis.defineCommand("orchAdvance", { lua: ADVANCE });
  redis.defineCommand("orchMarkReported", { lua: MARK_REPORTED });
  redis.defineCommand("orchDoubt", { lua: DOUBT });
  redis.defineCommand("orchSay", { lua: SAY });
  redis.defineCommand("orchNews", { lua: NEWS });
}
