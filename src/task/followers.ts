/** Which tasks wait for which: the script that settles a task has those that wait for it looked at (`store-scripts.ts`). */
import type { Redis } from "ioredis";
import { keys } from "./keys.ts";
import type { TaskState } from "./task.ts";

/** Longer than a task may wait for another, s. */
const FOLLOW_S = 30 * 24 * 3600;

/** The follower is looked at when the leader is settled, which may be itself. */
export async function followOne(redis: Redis, follower: string, leader: string): Promise<void> {
  await redis.multi().sadd(keys.followers(leader), follower).expire(keys.followers(leader), FOLLOW_S).exec();
}

/** To be called before the record says so: what is settled by then is found at the next look at the task. */
export async function follow(redis: Redis, id: string, state: TaskState): Promise<void> {
  for (const leader of leadersOf(state)) await followOne(redis, id, leader);
}

/** What it waits for no longer, it is not told of. */
export async function unfollow(
  redis: Redis,
  id: string,
  { was, is }: { was: TaskState; is: TaskState },
): Promise<void> {
  const kept = leadersOf(is);
  const over = leadersOf(was).filter((leader) => !kept.includes(leader));
  await Promise.all(over.map((leader) => redis.srem(keys.followers(leader), id)));
}

/** The tasks that a task in this state waits for. */
export const leadersOf = (state: TaskState): string[] =>
  state.name === "waiting" ? state.reasons.flatMap((reason) => (reason.for === "task" ? [reason.task] : [])) : [];
