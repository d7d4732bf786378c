/** A short lease in Redis: of any number of bots one does the work, and when it dies another takes over. */
import { randomUUID } from "node:crypto";
import type { Redis, Result } from "ioredis";

export type Lease = {
  /** Takes or renews it. False when somebody else has it: then stop. */
  hold(): Promise<boolean>;
  release(): Promise<void>;
};

declare module "ioredis" {
  interface RedisCommander<Context> {
    orchLeaseHold(numberOfKeys: 1, ...args: (string | number)[]): Result<number, Context>;
    orchLeaseRelease(numberOfKeys: 1, ...args: (string | number)[]): Result<number, Context>;
  }
}

// KEYS lease · ARGV holder ms
const HOLD = `
local holder = redis.call("GET", KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
return 1`;

// KEYS lease · ARGV holder
const RELEASE = `
if redis.call("GET", KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call("DEL", KEYS[1])`;

/** Its holder is whoever made it, so that what Redis kept of it while it was away is still its own. */
export function makeLease(redis: Redis, key: string, lengthMs: number): Lease {
  redis.defineCommand("orchLeaseHold", { lua: HOLD });
  redis.defineCommand("orchLeaseRelease", { lua: RELEASE });
  const holder = randomUUID();
  return {
    hold: async () => (await redis.orchLeaseHold(1, key, holder, lengthMs)) === 1,
    release: async () => void (await redis.orchLeaseRelease(1, key, holder)),
  };
}
