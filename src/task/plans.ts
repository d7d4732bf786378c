/**
 * Plans in Redis. `change` is the only way to change one: it reads the record, asks what becomes of it, and writes with a
 * compare-and-set on the record's version. Every change has the plan's team looked at by a dispatcher, and its report made anew, in the
 * same script: whatever a plan has come to, somebody acts on it and tells of it. A record that is not known is never written.
 */
import type { Redis, Result } from "ioredis";
import { dueKeys, dueScripts } from "./due-set.ts";
import { keys, RETENTION_S } from "./keys.ts";
import { type Plan, planShape } from "./plan.ts";
import { FORMAT, isUnusable, type Reading, reasonOfDoubt, type TellUnreadable, warnOfUnreadable } from "./record.ts";
import { type Changed, changeVersioned, readVersioned } from "./versioned.ts";

declare module "ioredis" {
  interface RedisCommander<Context> {
    orchPlan(numberOfKeys: 9, ...args: (string | number)[]): Result<number, Context>;
  }
}

// KEYS plan plans task, the three of the dispatch, the three of the reports
// ARGV id expectedVersion(0 = none yet) record at over(1) expireSeconds changedChannel readyChannel dueAt
const WRITE = `${dueScripts.plan}
if (redis.call("HGET", KEYS[1], "version") or "0") ~= ARGV[2] then return 0 end
redis.call("HSET", KEYS[1], "version", ARGV[2] + 1, "record", ARGV[3])
if ARGV[5] == "1" then
  redis.call("ZREM", KEYS[2], ARGV[1])
  redis.call("EXPIRE", KEYS[1], ARGV[6])
else
  redis.call("ZADD", KEYS[2], "NX", ARGV[4], ARGV[1])
  plan(KEYS[4], KEYS[5], KEYS[6], ARGV[1], ARGV[9])
  if tonumber(ARGV[9]) <= tonumber(ARGV[4]) then redis.call("PUBLISH", ARGV[8], ARGV[1]) end
end
if redis.call("EXISTS", KEYS[3]) == 1 then
  redis.call("HINCRBY", KEYS[3], "news", 1)
  plan(KEYS[7], KEYS[8], KEYS[9], ARGV[1], ARGV[4])
  redis.call("PUBLISH", ARGV[7], ARGV[1])
end
return 1`;

export type PlanStore = ReturnType<typeof makePlanStore>;

/** A plan whose record is newer or cannot be read is told of. */
export function makePlanStore(redis: Redis, tell: TellUnreadable = warnOfUnreadable) {
  redis.defineCommand("orchPlan", { lua: WRITE });
  const dispatchKeys = dueKeys(keys.dispatch);
  const reportKeys = dueKeys(keys.unreported);

  async function lookUp(id: string): Promise<Reading<Plan>> {
    const reading = readVersioned<Plan>(planShape, await redis.hmget(keys.plan(id), "version", "record"));
    if (isUnusable(reading)) tell(keys.plan(id), reasonOfDoubt(reading));
    return reading;
  }

  /** For whoever has nothing to do unless the record is known. */
  async function read(id: string): Promise<Plan | undefined> {
    const reading = await lookUp(id);
    return reading.kind === "known" ? reading.record : undefined;
  }

  /** `dueAt`: when a dispatcher is to look at it. */
  async function write(plan: Plan, at: number, dueAt = at): Promise<boolean> {
    const { id, version } = plan;
    const planKeys = [keys.plan(id), keys.plans, keys.task(id), ...dispatchKeys, ...reportKeys];
    const over = plan.state === "over" ? 1 : 0;
    const values = [id, version, JSON.stringify({ ...plan, format: FORMAT }), at, over, RETENTION_S];
    return (await redis.orchPlan(9, ...planKeys, ...values, keys.changed, keys.ready, dueAt)) === 1;
  }

  /** Records a plan that was approved. Repeating it changes nothing; true when this call created it. */
  const create = async (plan: Plan): Promise<boolean> => await write({ ...plan, version: 0 }, plan.at);

  /**
   * Writes what was made of the record as it was read; false when that has changed since. `lookAt`: when somebody has to look at it again
   * should the caller die, Unix ms.
   */
  const replace = async (plan: Plan, { at, lookAt }: { at: number; lookAt: number }): Promise<boolean> =>
    await write(plan, at, lookAt);

  /** `next`: what becomes of the plan; undefined where there is nothing to change. It may be asked more than once. */
  const change = async (id: string, next: (plan: Plan) => Plan | undefined, at: number): Promise<Changed<Plan>> =>
    await changeVersioned({
      what: `A change of the plan ${id}`,
      lookUp: () => lookUp(id),
      next,
      write: (plan) => write(plan, at),
    });

  /** Ids of plans that are not over, oldest first. */
  const openIds = () => redis.zrange(keys.plans, "0", "-1");

  return { lookUp, read, create, replace, change, openIds };
}
