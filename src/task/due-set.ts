/**
 * A due set: names of things that somebody has to look at, each with the time at which it is due. Of any number of bots one
 * takes what is due, and has it alone until it is done with it, puts it off, or falls silent for the length of a lease.
 *
 * Every take has a token, and what is taken can be kept, put off and ended only with the token of its last take. So a bot that
 * froze and thaws after its lease changes nothing of what another one has taken since, and is told so. News of something
 * that is taken makes it due again when its taker is done: nothing is lost between looking and being done.
 *
 * Times are Unix ms and are handed in. All scripts may be sent twice: ioredis repeats what was under way when the
 * connection broke.
 */
import { randomUUID } from "node:crypto";
import type { Redis, Result } from "ioredis";

/** What is taken is its taker's so long, ms, and is kept by saying so again every `RENEW_MS`. After a crash others wait no longer. */
export const LEASE_MS = 5_000;
export const RENEW_MS = 1_500;
/**
 * Who takes something may act on it for so long after the last good renewal was sent, ms, by a clock that nobody sets. Shorter
 * than the lease, so that somebody who freezes notices before anybody else can have taken it.
 */
export const HELD_MS = 3_500;

/** Among how many members is looked for those whose group has not had its share. */
const LOOKED_AT = 1_000;

declare module "ioredis" {
  interface RedisCommander<Context> {
    orchDuePlan(numberOfKeys: 3, ...args: (string | number)[]): Result<number, Context>;
    orchDueHasten(numberOfKeys: 3, ...args: (string | number)[]): Result<number, Context>;
    orchDueTake(numberOfKeys: 3, ...args: (string | number)[]): Result<string[], Context>;
    orchDueRenew(numberOfKeys: 2, ...args: (string | number)[]): Result<number, Context>;
    orchDueLetGo(numberOfKeys: 3, ...args: (string | number)[]): Result<number, Context>;
  }
}

/** Of one group of members a taker has at most so many at once. */
export type Share = {
  /** Lua pattern of the part of a member's name that says its group. */ group: string;
  most: number;
};

/** Something that was taken, and the means to keep it or to let go of it. Each says false when somebody else has it by now. */
export type Taken = {
  member: string;
  /** Of this take. */
  token: string;
  /** The taker before has neither put it off nor ended it: it died or is frozen, and what it began may still have an effect. */
  abandoned: boolean;
  renew(now: number): Promise<boolean>;
  /** As `renew`, for whoever is about to act: throws `NoLongerTaken`. */
  keep(now: number): Promise<void>;
  /** How long ago the last good renewal was sent, ms. Asks nobody. */
  sinceRenewalMs(): number;
  /** Whether that is less than `HELD_MS`. */
  isHeld(): boolean;
  /** Lets go; due again at `at`, or when news that came meanwhile is due. */
  postpone(at: number): Promise<boolean>;
  /** Lets go; due again only if there was news meanwhile. */
  done(): Promise<boolean>;
};

/** What was taken is another bot's by now: stop. */
export class NoLongerTaken extends Error {
  override readonly name = "NoLongerTaken";
  constructor(member: string) {
    super(`${member} has been taken by another one since`);
  }
}

export type DueSet = ReturnType<typeof makeDueSet>;

/** `sentAt`: monotonic, ms, from before it was asked for. */
type Take = { token: string; sentAt: number; abandoned: boolean };

/** The keys of a due set, in the order in which `dueScripts` wants them: due times, tokens of what is taken, news of that. */
export const dueKeys = (key: string): [string, string, string] => [key, `${key}:taken`, `${key}:news`];

/** For scripts that plan or end a member together with something else. `set`, `taken`, `news`: the keys of `dueKeys`. */
export const dueScripts = {
  /** Due at `at`, or earlier; when it is taken, after that. */
  plan: `
local function plan(set, taken, news, member, at)
  if redis.call("HEXISTS", taken, member) == 1 then
    if redis.call("ZSCORE", set, member) then return redis.call("ZADD", news, "LT", at, member) end
    redis.call("HDEL", taken, member)
  end
  redis.call("ZADD", set, "LT", at, member)
end`,
  /** Out of the set, whatever there was to know of it. */
  remove: `
local function remove(set, taken, news, member)
  redis.call("ZREM", set, member)
  redis.call("HDEL", taken, member)
  redis.call("ZREM", news, member)
end`,
};

// KEYS set taken news · ARGV token now leaseEnd limit group most lookedAt, then what the taker has already
// Gives each member, and whether somebody else has it yet. Sent again, it gives what it took the first time, as if somebody
// had. News that is due is known to whoever looks now, later news is kept.
const TAKE = `
local set, taken, news = KEYS[1], KEYS[2], KEYS[3]
local found = {}
for _, member in ipairs(redis.call("ZRANGEBYSCORE", set, ARGV[3], ARGV[3])) do
  if redis.call("HGET", taken, member) == ARGV[1] then
    found[#found + 1] = member
    found[#found + 1] = "1"
  end
end
if #found > 0 then return found end
local limit, most = tonumber(ARGV[4]), tonumber(ARGV[6])
local groupOf = function(member) return ARGV[5] ~= "" and string.match(member, ARGV[5]) or member end
local has, counts = {}, {}
for i = 8, #ARGV do
  local group = groupOf(ARGV[i])
  has[ARGV[i]] = true
  counts[group] = (counts[group] or 0) + 1
end
for _, member in ipairs(redis.call("ZRANGEBYSCORE", set, "-inf", ARGV[2], "LIMIT", 0, ARGV[7])) do
  local group = groupOf(member)
  local count = counts[group] or 0
  if #found < 2 * limit and count < most and not has[member] then
    counts[group] = count + 1
    local abandoned = redis.call("HEXISTS", taken, member)
    redis.call("ZADD", set, ARGV[3], member)
    redis.call("HSET", taken, member, ARGV[1])
    local at = redis.call("ZSCORE", news, member)
    if at and tonumber(at) <= tonumber(ARGV[2]) then redis.call("ZREM", news, member) end
    found[#found + 1] = member
    found[#found + 1] = tostring(abandoned)
  end
end
return found`;

// KEYS set taken news · ARGV member at onlyIfAbsent
const PLAN = `${dueScripts.plan}
if ARGV[3] == "1" and redis.call("ZSCORE", KEYS[1], ARGV[1]) then return 0 end
plan(KEYS[1], KEYS[2], KEYS[3], ARGV[1], ARGV[2])
return 1`;

// KEYS set taken news · ARGV at
const HASTEN = `${dueScripts.plan}
local members = redis.call("ZRANGE", KEYS[1], 0, -1)
for _, member in ipairs(members) do plan(KEYS[1], KEYS[2], KEYS[3], member, ARGV[1]) end
return #members`;

// KEYS set taken · ARGV member token leaseEnd
const RENEW = `
if redis.call("HGET", KEYS[2], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call("ZADD", KEYS[1], ARGV[3], ARGV[1])
return 1`;

// KEYS set taken news · ARGV member token at (nothing = done)
const LET_GO = `
if redis.call("HGET", KEYS[2], ARGV[1]) ~= ARGV[2] then return 0 end
local at, news = ARGV[3], redis.call("ZSCORE", KEYS[3], ARGV[1])
if news and (at == "" or tonumber(news) < tonumber(at)) then at = news end
redis.call("HDEL", KEYS[2], ARGV[1])
redis.call("ZREM", KEYS[3], ARGV[1])
if at == "" then redis.call("ZREM", KEYS[1], ARGV[1]) else redis.call("ZADD", KEYS[1], at, ARGV[1]) end
return 1`;

export function makeDueSet(redis: Redis, key: string, share?: Share) {
  redis.defineCommand("orchDuePlan", { lua: PLAN });
  redis.defineCommand("orchDueHasten", { lua: HASTEN });
  redis.defineCommand("orchDueTake", { lua: TAKE });
  redis.defineCommand("orchDueRenew", { lua: RENEW });
  redis.defineCommand("orchDueLetGo", { lua: LET_GO });
  const allKeys = dueKeys(key);
  const [set, taken] = allKeys;

  /** Due at `at`, or earlier if it was; of what is taken this is news. */
  async function plan(member: string, at: number): Promise<void> {
    await redis.orchDuePlan(3, ...allKeys, member, at, 0);
  }

  /** As `plan`, but only of what is not in the set; true when it was not. */
  async function ensure(member: string, at: number): Promise<boolean> {
    return (await redis.orchDuePlan(3, ...allKeys, member, at, 1)) === 1;
  }

  /** All of it is due at `at`, or earlier if it was. */
  const hasten = async (at: number) => void (await redis.orchDueHasten(3, ...allKeys, at));

  /** What is due, longest overdue first, at most `limit` and of each group its share, counting what the taker `has`. */
  async function take(now: number, limit: number, has: Iterable<string> = []): Promise<Taken[]> {
    const token = randomUUID();
    const own = [...has];
    const group = share ? [share.group, share.most, LOOKED_AT] : ["", 1, limit + own.length];
    const sentAt = performance.now();
    const found = await redis.orchDueTake(3, ...allKeys, token, now, now + LEASE_MS, limit, ...group, ...own);
    const members = found.filter((_, index) => index % 2 === 0);
    return members.map((member, nth) => takenOf(member, { token, sentAt, abandoned: found[2 * nth + 1] === "1" }));
  }

  function takenOf(member: string, { token, sentAt, abandoned }: Take): Taken {
    let renewedAt = sentAt;
    const renew = async (now: number): Promise<boolean> => {
      const asked = performance.now();
      const done = (await redis.orchDueRenew(2, set, taken, member, token, now + LEASE_MS)) === 1;
      renewedAt = done ? Math.max(renewedAt, asked) : Number.NEGATIVE_INFINITY;
      return done;
    };
    const letGo = async (at: number | "") => (await redis.orchDueLetGo(3, ...allKeys, member, token, at)) === 1;
    return {
      member,
      token,
      abandoned,
      renew,
      keep: async (now) => {
        if (!(await renew(now))) throw new NoLongerTaken(member);
      },
      sinceRenewalMs: () => performance.now() - renewedAt,
      isHeld: () => performance.now() - renewedAt < HELD_MS,
      postpone: letGo,
      done: () => letGo(""),
    };
  }

  /** When something is due next, or the lease of something ends; undefined when there is nothing. */
  async function nextAt(): Promise<number | undefined> {
    const [, at] = await redis.zrange(set, "0", "0", "WITHSCORES");
    return at === undefined ? undefined : Number(at);
  }

  /** All members, taken or not, by when they are due. */
  const members = () => redis.zrange(set, "0", "-1");

  /** How many members there are, taken or not. */
  const size = () => redis.zcard(set);

  return { plan, ensure, hasten, take, nextAt, members, size };
}
