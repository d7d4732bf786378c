/**
 * The lock of a run that lives on this host, renewed or taken back. BullMQ renews a lock only while it is there; one that
 * ran out (Redis was away, the machine slept) it gives to the next host with a free slot, although the run that it was for
 * still goes on here. So as long as nobody has the job it is ours again, in one step, busy or draining as we may be.
 */
import type { Worker } from "bullmq";
import type { Redis } from "ioredis";
import { type JobData, jobIdOf } from "../../src/task/queue.ts";
import type { RunIdentity } from "../bot-client.ts";

/** In whose name jobs are locked: the host's, not the process's, so that its next life renews the same locks. */
export type Locker = { worker: Worker<JobData>; redis: Redis; token: string };

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
export async function lockAgain(
  { worker, redis, token }: Locker,
  run: RunIdentity & { jobId: string },
  ms: number,
): Promise<string | undefined> {
  for (const id of [run.jobId, jobIdOf(run.taskId, run.epoch + 1)]) {
    const job = worker.toKey(id);
    const keys = [
      `${job}:lock`,
      job,
      ...["active", "wait", "stalled", "prioritized"].map((name) => worker.toKey(name)),
    ];
    if ((await redis.eval(LOCK_AGAIN, keys.length, ...keys, id, token, ms)) === 1) return id;
  }
  return undefined;
}
