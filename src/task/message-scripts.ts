/**
 * The scripts by which messages change Redis (`messages.ts`), each one deed. All may be sent twice. What becomes of what a person said
 * is shown on GitHub, and so is what was buried: that counts as a change of the task whose messages they are, the version grows and a report
 * is due. What agents say to each other is not told there as it goes.
 */
import type { Redis, Result } from "ioredis";
import { dueScripts } from "./due-set.ts";

/** The one group of each stream's readers: the hosts. */
const GROUP = "host";

/** An entry's id and fields, as Redis gives them. */
export type RawEntry = [entry: string, fields: string[]];

declare module "ioredis" {
  interface RedisCommander<Context> {
    orchMessageSend(numberOfKeys: number, ...args: (string | number)[]): Result<[number, number][], Context>;
    orchMessageTake(numberOfKeys: 9, ...args: (string | number)[]): Result<RawEntry[], Context>;
    orchMessageAck(numberOfKeys: 9, ...args: (string | number)[]): Result<number, Context>;
    orchMessageBury(numberOfKeys: 9, ...args: (string | number)[]): Result<number, Context>;
  }
}

// Of all scripts: ARGV book channel now. Numbers: a hash with what was counted for the book.

/** The later of two clocks must not put the report off. */
const CHANGED = `${dueScripts.plan}
local function changed(book, set, taken, news)
  if redis.call("EXISTS", book) == 0 then return end
  local time = redis.call("TIME")
  redis.call("HINCRBY", book, "version", 1)
  plan(set, taken, news, ARGV[1], math.min(tonumber(ARGV[3]), time[1] * 1000 + math.floor(time[2] / 1000)))
  redis.call("PUBLISH", ARGV[2], ARGV[1])
end
local function field(entry, name)
  for i = 1, #entry[2], 2 do
    if entry[2][i] == name then return entry[2][i + 1] end
  end
end`;

/**
 * The record says which run is the task's: one that does not know that it has been replaced neither takes nor acknowledges. Nor does
 * that of a try at a node which is over: the next one has the same inbox.
 */
const IS_CURRENT = `
local function isCurrent(task, epoch, node)
  local isRecord, record = pcall(cjson.decode, redis.call("HGET", task, "record") or "")
  if not isRecord or type(record) ~= "table" or record.epoch ~= tonumber(epoch) then return false end
  return node == "" or record.state.name ~= "settled"
end`;

/** Only what is still there is buried: its fate is not written twice. */
const BURY = `
local function bury(stream, fates, dead, entry, reason)
  local found = redis.call("XRANGE", stream, entry, entry)[1]
  redis.call("XACK", stream, "${GROUP}", entry)
  if not found then return 0 end
  redis.call("XDEL", stream, entry)
  redis.call("XADD", dead, "*", "reason", reason, unpack(found[2]))
  redis.call("HSETNX", fates, field(found, "id"), "dead " .. ARGV[3] .. " " .. reason)
  return 1
end`;

/** Why nobody is to hear it any more, if so. */
const IS_VOID = `
local function whyVoid(entry, numbers, node)
  local expires, revision = field(entry, "expires"), field(entry, "revision")
  if expires and tonumber(expires) <= tonumber(ARGV[3]) then return "expired" end
  if revision and tonumber(revision) < tonumber(redis.call("HGET", numbers, "revision " .. node) or 0) then
    return "older revision"
  end
end`;

// KEYS sent book reports×3 open numbers, then the streams
// ARGV book channel now sender sentMost(by this sender; 0 = as many as there may be) waitAtMost bookAtMost expireSeconds told(1 = a person's)
// and for each stream id record note node revision expires; the last three may be empty.
// Gives for each: 1 and how many are ahead of it; 0 when there are too many; -1 when the book is closed, or not known;
// -2 when the sender has said too much; -3 when a later assignment was made.
const SEND = `${CHANGED}
local answers, news, isRepeated = {}, 0, false
for i = 8, #KEYS do
  if redis.call("HEXISTS", KEYS[1], ARGV[10 + (i - 8) * 6]) == 1 then isRepeated = true end
end
local isOpen = redis.call("ZSCORE", KEYS[6], ARGV[1])
local quota = tonumber(ARGV[5])
local isSpent = quota > 0 and not isRepeated and tonumber(redis.call("HGET", KEYS[7], "by " .. ARGV[4]) or 0) >= quota
for i = 8, #KEYS do
  local first = 10 + (i - 8) * 6
  local id, node, revision, expires = ARGV[first], ARGV[first + 3], ARGV[first + 4], ARGV[first + 5]
  local known = redis.call("HGET", KEYS[1], id)
  local ahead = redis.call("XLEN", KEYS[i])
  local latest = tonumber(redis.call("HGET", KEYS[7], "revision " .. node) or 0)
  if known then
    answers[#answers + 1] = { 1, #redis.call("XRANGE", KEYS[i], "-", "(" .. string.match(known, "^%S+")) }
  elseif not isOpen then answers[#answers + 1] = { -1, 0 }
  elseif isSpent then answers[#answers + 1] = { -2, 0 }
  elseif revision ~= "" and tonumber(revision) < latest then answers[#answers + 1] = { -3, 0 }
  elseif ahead >= tonumber(ARGV[6]) or redis.call("HLEN", KEYS[1]) >= tonumber(ARGV[7]) then
    answers[#answers + 1] = { 0, 0 }
  else
    if redis.call("EXISTS", KEYS[i]) == 0 then redis.call("XGROUP", "CREATE", KEYS[i], "${GROUP}", "0", "MKSTREAM") end
    local fields = { "id", id, "m", ARGV[first + 1], "told", ARGV[9] }
    local number = redis.call("HINCRBY", KEYS[7], "seq " .. ARGV[4] .. " " .. node, 1)
    for _, each in ipairs({ { "seq", number }, { "revision", revision }, { "expires", expires } }) do
      if each[2] ~= "" then
        fields[#fields + 1] = each[1]
        fields[#fields + 1] = each[2]
      end
    end
    local entry = redis.call("XADD", KEYS[i], "*", unpack(fields))
    redis.call("HSET", KEYS[1], id, entry .. " " .. ARGV[first + 2])
    if revision ~= "" then redis.call("HSET", KEYS[7], "revision " .. node, revision) end
    redis.call("EXPIRE", KEYS[i], ARGV[8])
    news = news + 1
    answers[#answers + 1] = { 1, ahead }
  end
end
if news == 0 then return answers end
if not isRepeated then redis.call("HINCRBY", KEYS[7], "by " .. ARGV[4], 1) end
redis.call("EXPIRE", KEYS[1], ARGV[8])
redis.call("EXPIRE", KEYS[7], ARGV[8])
if ARGV[9] == "1" then changed(KEYS[2], KEYS[3], KEYS[4], KEYS[5]) end
return answers`;

// The other scripts have KEYS stream fates task reports×3 dead book numbers · ARGV book channel now epoch node

// ARGV … consumer most triesAtMost, then the entries that this run has given already
// What an earlier run had and did not acknowledge comes first: a later number has proved that run dead. What was tried too often is buried.
const TAKE = `${CHANGED}${IS_CURRENT}${BURY}${IS_VOID}
if redis.call("XLEN", KEYS[1]) == 0 or not isCurrent(KEYS[3], ARGV[4], ARGV[5]) then return {} end
local given, found, buried = {}, {}, 0
for i = 9, #ARGV do given[ARGV[i]] = true end
local function keep(entry)
  local reason = whyVoid(entry, KEYS[9], ARGV[5])
  if reason then buried = buried + bury(KEYS[1], KEYS[2], KEYS[7], entry[1], reason)
  else found[#found + 1] = entry end
end
for _, pending in ipairs(redis.call("XPENDING", KEYS[1], "${GROUP}", "-", "+", 1000)) do
  local entry, consumer, tries = pending[1], pending[2], pending[4]
  if given[entry] then
    if consumer ~= ARGV[6] then redis.call("XCLAIM", KEYS[1], "${GROUP}", ARGV[6], 0, entry, "JUSTID") end
  elseif tries >= tonumber(ARGV[8]) then
    buried = buried + bury(KEYS[1], KEYS[2], KEYS[7], entry, "tried too often")
  elseif #found < tonumber(ARGV[7]) then
    local claimed = redis.call("XCLAIM", KEYS[1], "${GROUP}", ARGV[6], 0, entry)[1]
    if claimed then keep(claimed) end
  end
end
local room = tonumber(ARGV[7]) - #found
if room > 0 then
  local read = redis.call("XREADGROUP", "GROUP", "${GROUP}", ARGV[6], "COUNT", room, "STREAMS", KEYS[1], ">")
  if read then
    for _, entry in ipairs(read[1][2]) do keep(entry) end
  end
end
if buried > 0 then changed(KEYS[8], KEYS[4], KEYS[5], KEYS[6]) end
return found`;

// ARGV … expireSeconds, then pairs of entry and message
// Gives how many of them were heard only now; -1 when the run is not the task's any more. Entries of before there were others than people
// say nothing of who said them.
const ACK = `${CHANGED}${IS_CURRENT}
if not isCurrent(KEYS[3], ARGV[4], ARGV[5]) then return -1 end
local heard, told = 0, 0
for i = 7, #ARGV, 2 do
  local found = redis.call("XRANGE", KEYS[1], ARGV[i], ARGV[i])[1]
  redis.call("XACK", KEYS[1], "${GROUP}", ARGV[i])
  if redis.call("XDEL", KEYS[1], ARGV[i]) == 1 then
    local news = redis.call("HSETNX", KEYS[2], ARGV[i + 1], "delivered " .. ARGV[3])
    heard = heard + news
    if field(found, "told") ~= "0" then told = told + news end
  end
end
redis.call("EXPIRE", KEYS[2], ARGV[6])
if told > 0 then changed(KEYS[8], KEYS[4], KEYS[5], KEYS[6]) end
return heard`;

// ARGV … entry reason
const BURY_ONE = `${CHANGED}${IS_CURRENT}${BURY}
if not isCurrent(KEYS[3], ARGV[4], ARGV[5]) then return -1 end
local buried = bury(KEYS[1], KEYS[2], KEYS[7], ARGV[6], ARGV[7])
if buried > 0 then changed(KEYS[8], KEYS[4], KEYS[5], KEYS[6]) end
return buried`;

export function defineMessageScripts(redis: Redis): void {
  redis.defineCommand("orchMessageSend", { lua: SEND });
  redis.defineCommand("orchMessageTake", { lua: TAKE });
  redis.defineCommand("orchMessageAck", { lua: ACK });
  redis.defineCommand("orchMessageBury", { lua: BURY_ONE });
}
