/**
 * BullMQ for any number of lanes on one connection. By itself each of its workers opens another one to block on, and each queue
 * asks Redis for its version; a lane here costs a few objects.
 */
import { type BackendFactory, createRedisBackend, type RedisQueueBackend, type WorkerOptions } from "bullmq";
import type { Redis } from "ioredis";

export const QUEUE_PREFIX = "bull";

/** The names of a lane's keys in BullMQ; `what` is a job's id, or e.g. `active`. */
export const bullKey = (laneName: string, what: string): string => `${QUEUE_PREFIX}:${laneName}:${what}`;

/** What a worker's scripts need to know. */
export type LaneOptions = Pick<WorkerOptions, "lockDuration" | "stalledInterval" | "maxStalledCount">;

export type LaneBackend = {
  /** For `new Queue` and `new Worker`, which get the same options. What is made with it may not block. */
  ofLane: BackendFactory<RedisQueueBackend>;
  /** For all of them. Leaves the connection open. */
  close(): Promise<void>;
};

export function makeLaneBackend(redis: Redis, options: LaneOptions = {}): LaneBackend {
  // Redis' version is checked by checkRedisFitness.
  const shared = { connection: redis, prefix: QUEUE_PREFIX, skipVersionCheck: true, ...options };
  const base = createRedisBackend("orch", shared);
  // BullMQ repeats the connection's errors here; every call reports its own.
  base.on("error", () => undefined);
  return { ofLane: (name) => base.forQueue(name) as RedisQueueBackend, close: () => base.close() };
}
