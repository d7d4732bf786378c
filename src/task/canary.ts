/**
 * The canary: a job of no task, by which an idle host shows that it can work. It goes through the host's own lane and into a sandbox as a
 * task's would, without GitHub, an agent or money. The host asks itself, and says so with its registration before: so a host that takes no job
 * any more is told from one that nobody has asked.
 */
import { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { z } from "zod";
import { keys } from "./keys.ts";
import { hostLaneName } from "./lane.ts";
import { makeLaneBackend, QUEUE_PREFIX } from "./lane-backend.ts";

/** What such a job is called in its lane. */
export const CANARY_JOB = "canary";
/** A host that has not carried one out for so long, with nothing else to do, takes no jobs, ms. */
export const CANARY_LATE_MS = 2 * 60_000;

/** Times are Unix ms, by the host's clock. `at`: when the last one was over; `failed`: why it could not be carried out. */
export const canaryShape = z.looseObject({
  askedAt: z.number(),
  at: z.number().optional(),
  ms: z.number().optional(),
  failed: z.string().optional(),
});
export type Canary = { askedAt: number; at?: number; ms?: number; failed?: string };

/** Two at the same time are one. */
export async function sendCanary(redis: Redis, hostId: string, askedAt: number): Promise<void> {
  // A priority, as every job has one: without it this one would go before them all.
  const options = { jobId: jobIdOf(askedAt), priority: 1 };
  await withLane(redis, hostId, async (lane) => void (await lane.add(CANARY_JOB, { taskId: CANARY_JOB }, options)));
  await redis.publish(keys.jobs, hostLaneName(hostId));
}

/** One that nobody has taken; true where that was so. */
export async function takeBackCanary(redis: Redis, hostId: string, askedAt: number): Promise<boolean> {
  return await withLane(redis, hostId, async (lane) => (await lane.remove(jobIdOf(askedAt))) === 1);
}

const jobIdOf = (askedAt: number): string => `${CANARY_JOB}-${askedAt}`;

async function withLane<T>(redis: Redis, hostId: string, use: (lane: Queue) => Promise<T>): Promise<T> {
  const backend = makeLaneBackend(redis);
  const options = {
    connection: redis,
    prefix: QUEUE_PREFIX,
    defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
  };
  const lane = new Queue(hostLaneName(hostId), options, backend.ofLane);
  lane.on("error", () => undefined); // every call reports its own
  try {
    return await use(lane);
  } finally {
    await backend.close();
  }
}
