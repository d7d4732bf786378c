/**
 * The lock of a run that lives on this host, renewed or taken back. BullMQ renews a lock only while it is there; one that
 * ran out (Redis was away, the machine slept) it gives to the next host with a free slot, although the run that it was for
 * still goes on here. So as long as nobody has the job it is ours again, in one step, busy or draining as we may be.
 */
import type { Redis } from "ioredis";
import { type Lane, laneName } from "../../src/task/lane.ts";
import { bullKey } from "../../src/task/lane-backend.ts";
import { jobIdOf, LOCK_MS } from "../../src/task/queue.ts";
import type { RunIdentity } from "../bot-client.ts";
import type { Lanes } from "../lanes.ts";

/** In whose name jobs are locked: the host's, not the process's, so that its next life renews the same locks. */
export type Locker = { lanes: Lanes; redis: Redis; token: string };

/** Where the job of a run is: it comes again in the same lane, perhaps as the next one. */
export type JobPlace = RunIdentity & { jobId: string; lane?: Lane | undefined };

// KEYS lock job active wait stalled prioritized · ARGV job token ms
const LOCK_AGAIN = `
local holder = redis.call("GET", KEYS[1])
if (holder and holder ~= ARGV[2]) or redis.call("EXISTS", KEYS[2]) == 0 then return 0 end
local listed = redis.call("LREM", KEYS[3], 1, ARGV[1]) + redis.call("LREM", KEYS[4], 1, ARGV[1])
if listed + redis.call("ZREM", KEYS[6], ARGV[1]) == 0 then return 0 end
redis.call("LPUSH", KEYS[3], ARGV[1])
redis.call("SREM", KEYS[5], ARGV[1])
redis.call("SET", KEYS[1], ARGV[2], "PX", ARGV[3])
return 1`;

/**
 * Locks the run's job for `ms` from now, and says which it is: the one that the run has, or the next one, which the bot adds
 * when the first is lost. Undefined when another host has it, or there is none. Ask only for a run that the record says is ours.
 */
export async function lockAgain({ redis, token }: Locker, run: JobPlace, ms: number): Promise<string | undefined> {
  for (const id of [run.jobId, jobIdOf(run.taskId, run.epoch + 1)]) {
    const keys = keysOf(laneName(run.lane), id);
    if ((await redis.eval(LOCK_AGAIN, keys.length, ...keys, id, token, ms)) === 1) return id;
  }
  return undefined;
}

// KEYS as above of the lane that the job comes from, then of the one it goes to · ARGV job token ms
const CARRY_OVER = `
if redis.call("GET", KEYS[1]) ~= ARGV[2] or redis.call("EXISTS", KEYS[2]) == 0 then return 0 end
local holder = redis.call("GET", KEYS[7])
if holder and holder ~= ARGV[2] then return 0 end
for lane = 0, 6, 6 do
  redis.call("LREM", KEYS[lane + 3], 0, ARGV[1])
  redis.call("LREM", KEYS[lane + 4], 0, ARGV[1])
  redis.call("SREM", KEYS[lane + 5], ARGV[1])
  redis.call("ZREM", KEYS[lane + 6], ARGV[1])
end
redis.call("DEL", KEYS[1])
redis.call("RENAME", KEYS[2], KEYS[8])
redis.call("LPUSH", KEYS[9], ARGV[1])
redis.call("SET", KEYS[7], ARGV[2], "PX", ARGV[3])
return 1`;

/**
 * Carries a job that this host holds over into another lane, and renews its lock. In one step: the job is always in one of the
 * two, and held. One of the same name that is left over there gives way, unless another host is just looking at it. False when
 * that is so, or the lock was lost: the job comes again.
 */
export async function carryOver(
  { redis, token }: Locker,
  { id, from, to }: { id: string; from: Lane | undefined; to: Lane | undefined },
): Promise<boolean> {
  const keys = [...keysOf(laneName(from), id), ...keysOf(laneName(to), id)];
  return (await redis.eval(CARRY_OVER, keys.length, ...keys, id, token, LOCK_MS)) === 1;
}

function keysOf(lane: string, job: string): string[] {
  return [`${job}:lock`, job, "active", "wait", "stalled", "prioritized"].map((what) => bullKey(lane, what));
}
