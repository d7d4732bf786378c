/**
 * The scripts by which the ledger changes: each is one deed that happens as a whole or not at all. Amounts are whole numbers here,
 * dollars in millionths. An envelope is a hash: `<unit>:spent`, `<unit>:reserved`. The names of a reserve's envelopes stand in the
 * reserve, for they may be those of another day; so their keys are made here, of a prefix. The
 * task's own envelope comes first, and remembers the last run that was booked: no run is booked, or sets aside, twice.
 */
import type { Redis, Result } from "ioredis";

declare module "ioredis" {
  interface RedisCommander<Context> {
    orchReserve(numberOfKeys: 3, ...args: (string | number)[]): Result<string, Context>;
    orchBook(numberOfKeys: 2, ...args: (string | number)[]): Result<number, Context>;
  }
}

// What is known to be used is booked; what is not known, as the whole reserve. Where another run goes on from this one, what is not
// known stays set aside until then (\`stays\`): the two count as one, and the reserve as spent only once.
const BOOK = `
local units = { "usd", "tokens", "ms", "runs" }
local function book(open, epochs, prefix, id, reserve, used, ttls, unbegun, goesOn)
  local left = {}
  for _, name in ipairs(reserve.envelopes) do
    local key = prefix .. name
    for _, unit in ipairs(units) do
      local aside = reserve.amounts[unit] or 0
      local spent = used[unit] or aside
      if goesOn and not used[unit] and aside ~= 0 then
        left[unit] = aside
      elseif aside ~= 0 or not reserve.stays then
        if aside ~= 0 then redis.call("HINCRBY", key, unit .. ":reserved", -aside) end
        if spent ~= 0 then redis.call("HINCRBY", key, unit .. ":spent", spent) end
      end
    end
    local ttl = ttls.day
    if string.find(name, "^task:") or string.find(name, "^plan:") or string.find(name, "^conversation:") then ttl = ttls.long end
    redis.call("EXPIRE", key, ttl)
  end
  if next(left) then
    reserve.amounts, reserve.stays = left, true
    redis.call("HSET", open, id, cjson.encode(reserve))
  else
    redis.call("HDEL", open, id)
  end
  if not unbegun then redis.call("HSET", epochs, "epoch", reserve.epoch) end
end
`;

// KEYS open task(its envelope) names · ARGV id epoch at want(JSON) envelopes(JSON: name, limit, label) lost(JSON: what is known of runs before, by epoch) prefix ttls(JSON: day, long, seconds) leastShare shortKey
// Gives JSON: { amounts, tight } · { short: { envelope, unit, never } } · { over: true } where the run is booked already, or a later one has begun.
const RESERVE = `${BOOK}
local id, epoch = ARGV[1], tonumber(ARGV[2])
local prefix, ttls = ARGV[7], cjson.decode(ARGV[8])
local held = redis.call("HGET", KEYS[1], id)
local before = { amounts = {}, envelopes = {} }
if held then
  local reserve = cjson.decode(held)
  if reserve.epoch > epoch or reserve.epoch == epoch and reserve.stays then return '{"over":true}' end
  if reserve.epoch == epoch then return held end
  if reserve.stays then
    before = reserve
  else
    book(KEYS[1], KEYS[2], prefix, id, reserve, cjson.decode(ARGV[6])[tostring(reserve.epoch)] or {}, ttls)
  end
end
local function asideBefore(envelope, unit)
  for _, name in ipairs(before.envelopes) do
    if name == envelope then return before.amounts[unit] or 0 end
  end
  return 0
end
if tonumber(redis.call("HGET", KEYS[2], "epoch") or "0") >= epoch then return '{"over":true}' end
local want, envelopes = cjson.decode(ARGV[4]), cjson.decode(ARGV[5])
local amounts, tight, names = {}, {}, {}
for unit, wanted in pairs(want) do amounts[unit] = wanted end
for index, envelope in ipairs(envelopes) do
  names[index] = envelope.name
  for _, unit in ipairs(units) do
    local limit, wanted = envelope.limit[unit], want[unit]
    if limit and wanted then
      local least = unit == "runs" and 1 or math.max(1, math.ceil(wanted * tonumber(ARGV[9])))
      local kept = redis.call("HMGET", prefix .. envelope.name, unit .. ":spent", unit .. ":reserved")
      local rest = limit - tonumber(kept[1] or "0") - tonumber(kept[2] or "0") + asideBefore(envelope.name, unit)
      if rest < least then
        redis.call("SET", ARGV[10], 1, "EX", 86400 * 2)
        return cjson.encode({ short = { envelope = index, unit = unit, never = limit < least } })
      end
      if rest < amounts[unit] then amounts[unit] = rest; tight[unit] = index end
    end
  end
end
for _, name in ipairs(before.envelopes) do
  for unit, amount in pairs(before.amounts) do redis.call("HINCRBY", prefix .. name, unit .. ":reserved", -amount) end
end
for index, name in ipairs(names) do
  local key = prefix .. name
  for unit, amount in pairs(amounts) do redis.call("HINCRBY", key, unit .. ":reserved", amount) end
  redis.call("HSET", key, "label", envelopes[index].label)
  redis.call("PERSIST", key)
  if index > 1 then redis.call("ZADD", KEYS[3], ARGV[3], name) end
end
redis.call("ZREMRANGEBYSCORE", KEYS[3], "-inf", "(" .. (tonumber(ARGV[3]) - ttls.long * 1000))
local reserve = cjson.encode({ epoch = epoch, at = tonumber(ARGV[3]), amounts = amounts, envelopes = names, tight = tight })
redis.call("HSET", KEYS[1], id, reserve)
return reserve`;

// KEYS open task · ARGV id epoch used(JSON) prefix ttls(JSON) shortKey channel message unbegun(1 = it never began: it may set aside again) goesOn(1 = another run goes on from it)
// 1 when this call has booked the run. Whoever waits for room hears of it.
const BOOK_RUN = `${BOOK}
local held = redis.call("HGET", KEYS[1], ARGV[1])
if not held then return 0 end
local reserve = cjson.decode(held)
local goesOn = ARGV[10] == "1"
if reserve.epoch ~= tonumber(ARGV[2]) or (reserve.stays and goesOn) then return 0 end
book(KEYS[1], KEYS[2], ARGV[4], ARGV[1], reserve, cjson.decode(ARGV[3]), cjson.decode(ARGV[5]), ARGV[9] == "1", goesOn)
if redis.call("DEL", ARGV[6]) == 1 then redis.call("PUBLISH", ARGV[7], ARGV[8]) end
return 1`;

export function defineLedgerScripts(redis: Redis): void {
  redis.defineCommand("orchReserve", { lua: RESERVE });
  redis.defineCommand("orchBook", { lua: BOOK_RUN });
}
