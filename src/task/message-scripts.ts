/**
 * The scripts by which messages change Redis (`messages.ts`), each one deed. All may be sent twice. What becomes of a message
 * is shown on GitHub with its task, so it counts as a change of the task: the version grows and a report is due.
 */
import type { Redis, Result } from "ioredis";
import { dueScripts } from "./due-set.ts";

/** The one group of each stream's readers: the hosts. */
const GROUP = "host";

/** An entry's id and fields, as Redis gives them. */
export type RawEntry = [entry: string, fields: string[]];

declare module "ioredis" {
  interface RedisCommander<Context> {
    orchMessageSend(numberOfKeys: 7, ...args: (string | number)[]): Result<[number, number], Context>;
    orchMessageTake(numberOfKeys: 7, ...args: (string | number)[]): Result<RawEntry[], Context>;
    orchMessageAck(numberOfKeys: 7, ...args: (string | number)[]): Result<number, Context>;
    orchMessageBury(numberOfKeys: 7, ...args: (string | number)[]): Result<number, Context>;
  }
}

// Of all scripts: KEYS stream, sent or fates or dead, task, unreported and its two; ARGV task channel now

/** The later of two clocks must not put the report off. */
const CHANGED = `${dueScripts.plan}
local function changed(task, set, taken, news)
  if redis.call("EXISTS", task) == 0 then return end
  local time = redis.call("TIME")
  redis.call("HINCRBY", task, "version", 1)
  plan(set, taken, news, ARGV[1], math.min(tonumber(ARGV[3]), time[1] * 1000 + math.floor(time[2] / 1000)))
  redis.call("PUBLISH", ARGV[2], ARGV[1])
end`;

/** The record says which run is the task's: one that does not know that it has been replaced neither takes nor acknowledges. */
const IS_CURRENT = `
local function isCurrent(task, epoch)
  local isRecord, record = pcall(cjson.decode, redis.call("HGET", task, "record") or "")
  return isRecord and type(record) == "table" and record.epoch == tonumber(epoch)
end`;

/** Only what is still there is buried: its fate is not written twice. */
const BURY = `
local function bury(stream, fates, dead, entry, reason)
  local found = redis.call("XRANGE", stream, entry, entry)[1]
  redis.call("XACK", stream, "${GROUP}", entry)
  if not found then return 0 end
  redis.call("XDEL", stream, entry)
  redis.call("XADD", dead, "*", "reason", reason, unpack(found[2]))
  redis.call("HSETNX", fates, found[2][2], "dead " .. ARGV[3])
  return 1
end`;

// KEYS stream sent task reports×3 open · ARGV task channel now message record note waitsAtMost sentAtMost expireSeconds
// Gives 1 and how many are ahead of it; 0 when there are too many; -1 when the task is over, or not known.
const SEND = `${CHANGED}
local known = redis.call("HGET", KEYS[2], ARGV[4])
if known then
  local entry = string.match(known, "^%S+")
  return { 1, #redis.call("XRANGE", KEYS[1], "-", "(" .. entry) }
end
if not redis.call("ZSCORE", KEYS[7], ARGV[1]) then return { -1, 0 } end
local ahead = redis.call("XLEN", KEYS[1])
if ahead >= tonumber(ARGV[7]) or redis.call("HLEN", KEYS[2]) >= tonumber(ARGV[8]) then return { 0, 0 } end
if redis.call("EXISTS", KEYS[1]) == 0 then redis.call("XGROUP", "CREATE", KEYS[1], "${GROUP}", "0", "MKSTREAM") end
local entry = redis.call("XADD", KEYS[1], "*", "id", ARGV[4], "m", ARGV[5])
redis.call("HSET", KEYS[2], ARGV[4], entry .. " " .. ARGV[6])
for i = 1, 2 do redis.call("EXPIRE", KEYS[i], ARGV[9]) end
changed(KEYS[3], KEYS[4], KEYS[5], KEYS[6])
return { 1, ahead }`;

// KEYS stream fates task reports×3 dead · ARGV task channel now epoch consumer most triesAtMost, then the entries that this run has given already
// What an earlier run had and did not acknowledge comes first: a later number has proved that run dead. What was tried too often is buried.
const TAKE = `${CHANGED}${IS_CURRENT}${BURY}
if redis.call("XLEN", KEYS[1]) == 0 or not isCurrent(KEYS[3], ARGV[4]) then return {} end
local given, found, buried = {}, {}, 0
for i = 8, #ARGV do given[ARGV[i]] = true end
for _, pending in ipairs(redis.call("XPENDING", KEYS[1], "${GROUP}", "-", "+", 1000)) do
  local entry, consumer, tries = pending[1], pending[2], pending[4]
  if given[entry] then
    if consumer ~= ARGV[5] then redis.call("XCLAIM", KEYS[1], "${GROUP}", ARGV[5], 0, entry, "JUSTID") end
  elseif tries >= tonumber(ARGV[7]) then
    buried = buried + bury(KEYS[1], KEYS[2], KEYS[7], entry, "tried too often")
  elseif #found < tonumber(ARGV[6]) then
    local claimed = redis.call("XCLAIM", KEYS[1], "${GROUP}", ARGV[5], 0, entry)[1]
    if claimed then found[#found + 1] = claimed end
  end
end
local room = tonumber(ARGV[6]) - #found
if room > 0 then
  local read = redis.call("XREADGROUP", "GROUP", "${GROUP}", ARGV[5], "COUNT", room, "STREAMS", KEYS[1], ">")
  if read then
    for _, entry in ipairs(read[1][2]) do found[#found + 1] = entry end
  end
end
if buried > 0 then changed(KEYS[3], KEYS[4], KEYS[5], KEYS[6]) end
return found`;

// KEYS stream fates task reports×3 dead · ARGV task channel now epoch expireSeconds, then pairs of entry and message
// Gives how many of them were heard only now; -1 when the run is not the task's any more.
const ACK = `${CHANGED}${IS_CURRENT}
if not isCurrent(KEYS[3], ARGV[4]) then return -1 end
local heard = 0
for i = 6, #ARGV, 2 do
  redis.call("XACK", KEYS[1], "${GROUP}", ARGV[i])
  if redis.call("XDEL", KEYS[1], ARGV[i]) == 1 then
    heard = heard + redis.call("HSETNX", KEYS[2], ARGV[i + 1], "delivered " .. ARGV[3])
  end
end
redis.call("EXPIRE", KEYS[2], ARGV[5])
if heard > 0 then changed(KEYS[3], KEYS[4], KEYS[5], KEYS[6]) end
return heard`;

// KEYS stream fates task reports×3 dead · ARGV task channel now epoch entry reason
const BURY_ONE = `${CHANGED}${IS_CURRENT}${BURY}
if not isCurrent(KEYS[3], ARGV[4]) then return -1 end
local buried = bury(KEYS[1], KEYS[2], KEYS[7], ARGV[5], ARGV[6])
if buried > 0 then changed(KEYS[3], KEYS[4], KEYS[5], KEYS[6]) end
return buried`;

export function defineMessageScripts(redis: Redis): void {
  redis.defineCommand("orchMessageSend", { lua: SEND });
  redis.defineCommand("orchMessageTake", { lua: TAKE });
  redis.defineCommand("orchMessageAck", { lua: ACK });
  redis.defineCommand("orchMessageBury", { lua: BURY_ONE });
}
