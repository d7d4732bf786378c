/** Takes jobs out of a lane, whatever state they are in there, unless a host holds their lock. */
import type { Redis } from "ioredis";
import { bullKey } from "./lane-backend.ts";

// KEYS lock job active wait prioritized stalled · ARGV job
const WITHDRAW = `
if redis.call("EXISTS", KEYS[1]) == 1 or redis.call("EXISTS", KEYS[2]) == 0 then return 0 end
redis.call("LREM", KEYS[3], 0, ARGV[1])
redis.call("LREM", KEYS[4], 0, ARGV[1])
redis.call("ZREM", KEYS[5], ARGV[1])
redis.call("SREM", KEYS[6], ARGV[1])
redis.call("DEL", KEYS[2])
return 1`;

/** `lane`: its name. True only if the job was there and nobody works on it. */
export async function withdrawJob(redis: Redis, lane: string, job: string): Promise<boolean> {
  const parts = [`${job}:lock`, job, "active", "wait", "prioritized", "stalled"].map((what) => bullKey(lane, what));
  return (await redis.eval(WITHDRAW, parts.length, ...parts, job)) === 1;
}
