/**
 * The pause: while whoever operates Orch holds everything back, no host takes a job. What is at work goes on, and what is asked is
 * taken in and queued. Times are Unix ms.
 */
import type { Redis } from "ioredis";
import { z } from "zod";
import { keys } from "./keys.ts";

/** `by`: the operator's name on their machine. */
export type Pause = { since: number; by: string };
/** `pause`: while there is one. `resumedAt`: when the last one ended; the time in a queue counts from then. */
export type Paused = { pause?: Pause; resumedAt?: number };

const shape = z.object({
  since: z.coerce.number().optional(),
  by: z.string().optional(),
  resumedAt: z.coerce.number().optional(),
});

/** What cannot be read holds nothing back. */
export async function readPause(redis: Redis): Promise<Paused> {
  const read = shape.safeParse(await redis.hgetall(keys.pause));
  if (!read.success) return {};
  const { since, by = "", resumedAt } = read.data;
  return { ...(since !== undefined && { pause: { since, by } }), ...(resumedAt !== undefined && { resumedAt }) };
}

/** False when there was one already: it stays as it is. */
export async function pauseAll(redis: Redis, { since, by }: Pause): Promise<boolean> {
  if ((await redis.hsetnx(keys.pause, "since", since)) === 0) return false;
  await redis.hset(keys.pause, "by", by);
  return true;
}

/** False when there was none. Hosts that wait for it look every second. */
export async function resumeAll(redis: Redis, now: number): Promise<boolean> {
  const ended = await redis.multi().hdel(keys.pause, "since", "by").hset(keys.pause, "resumedAt", now).exec();
  const [error, removed] = ended?.[0] ?? [new Error("Redis did not end the pause"), 0];
  if (error) throw error;
  return Number(removed) > 0;
}
