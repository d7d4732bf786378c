/**
 * BullMQ's workers of a host, by the names of their lanes: one for each lane in which the host takes jobs or has some. They never
 * block, so all of them share one connection; that there is a job to take is heard elsewhere (`take-jobs.ts`).
 */
import { Worker } from "bullmq";
import type { Redis } from "ioredis";
import { makeLaneBackend, QUEUE_PREFIX } from "../src/task/lane-backend.ts";
import { type JobData, LOCK_MS, STALLED_CHECK_MS } from "../src/task/queue.ts";

export type Lanes = {
  /** There are as many as the host has agents, and had when its runs began. */
  worker(name: string): Worker<JobData>;
  /** Has jobs wait again whose lock has run out in their host's hands, and says how many. It has to see them twice. */
  returnStalled(name: string): Promise<number>;
  /** No job is taken any more. What is in hand keeps its lock, which can still be renewed. */
  close(): Promise<void>;
};

export function openLanes(redis: Redis): Lanes {
  const options = {
    lockDuration: LOCK_MS,
    // For so long no host looks again after one did: a little less than the time after which each does.
    stalledInterval: STALLED_CHECK_MS - 500,
    // Poison is counted in the task record; BullMQ's own count would fail a job on the second crash of a host.
    maxStalledCount: 1_000_000,
  };
  const backend = makeLaneBackend(redis, options);
  const workers = new Map<string, Worker<JobData>>();

  function worker(name: string): Worker<JobData> {
    const known = workers.get(name) ?? openWorker(name);
    workers.set(name, known);
    return known;
  }

  function openWorker(name: string): Worker<JobData> {
    const all = { connection: redis, prefix: QUEUE_PREFIX, autorun: false, ...options };
    const opened = new Worker<JobData>(name, null, all, backend.ofLane);
    opened.on("error", () => undefined); // every call reports its own
    return opened;
  }

  return {
    worker,
    returnStalled: async (name) => (await worker(name).getBackend().moveStalledJobsToWait()).length,
    async close() {
      await Promise.all([...workers.values()].map((each) => each.close(true)));
    },
  };
}
