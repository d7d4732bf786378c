/**
 * "This host still watches these runs." All of a host's runs beat in one ZADD: the host's own member carries the time
 * of the beat, each run's member the time of its agent's last output. So silence of the host and silence of the agent
 * are told apart.
 */
import type { Redis } from "ioredis";
import { keys } from "./keys.ts";

export const BEAT_MS = 5_000;
/** A host is gone when it has missed three beats; registering counts as a beat. */
export const LOST_AFTER_MS = 3 * BEAT_MS + 2_000;

export type RunBeat = { taskId: string; lastOutputAt: number };

/**
 * Beats, unless the id has become another's meanwhile. `unknown`: Redis does not know the host, or not any more: it was emptied,
 * and the host has to register anew.
 */
export async function beat(
  redis: Redis,
  { id, place }: { id: string; place: string },
  runs: readonly RunBeat[],
  now: number,
): Promise<"known" | "unknown" | "another's"> {
  const known = await placeOf(redis, id);
  if (known !== undefined && known !== place) return "another's";
  const members = runs.flatMap((run) => [run.lastOutputAt, `run:${run.taskId}`]);
  await redis.zadd(keys.heartbeats, now, `host:${id}`, ...members);
  return known === undefined ? "unknown" : "known";
}

/** Where the host of this id is, or was when it was heard of last. */
export async function placeOf(redis: Redis, id: string): Promise<string | undefined> {
  return (await redis.hget(keys.hostPlaces, id)) ?? undefined;
}

/** When the host was heard of last, Unix ms by its own clock. */
export async function lastBeatOf(redis: Redis, id: string): Promise<number | undefined> {
  const beaten = await redis.zscore(keys.heartbeats, `host:${id}`);
  return beaten === null ? undefined : Number(beaten);
}

/** Forgets the beats of runs that are over. */
export async function endBeats(redis: Redis, taskIds: readonly string[]): Promise<void> {
  if (taskIds.length > 0) await redis.zrem(keys.heartbeats, ...taskIds.map((id) => `run:${id}`));
}

/** When the agents of these tasks last said anything, Unix ms; nothing of those that no host works on. */
export async function readRunBeats(redis: Redis, taskIds: readonly string[]): Promise<Map<string, number>> {
  if (taskIds.length === 0) return new Map();
  const beats = await redis.zmscore(keys.heartbeats, ...taskIds.map((id) => `run:${id}`));
  return new Map(taskIds.flatMap((id, index) => (beats[index] == null ? [] : [[id, Number(beats[index])] as const])));
}

/** Forgets the beats of runs that a host died with, once their tasks are over. `openIds` gives those that are not. */
export async function endOldBeats(redis: Redis, openIds: () => Promise<readonly string[]>): Promise<void> {
  // In this order: a task that is taken in between has no beat here yet.
  const runs = await beatenTasks(redis);
  const open = new Set(await openIds());
  await endBeats(
    redis,
    runs.filter((id) => !open.has(id)),
  );
}

/** The tasks of whose runs there is a beat. */
export async function beatenTasks(redis: Redis): Promise<string[]> {
  const beats = await redis.zrange(keys.heartbeats, "0", "-1");
  return beats.filter((member) => member.startsWith("run:")).map((member) => member.slice("run:".length));
}

/** Whether a host that was heard of then, Unix ms, still is. */
export function isAlive(lastBeat: number, now: number): boolean {
  return now - lastBeat < LOST_AFTER_MS;
}
