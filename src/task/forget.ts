/**
 * Takes everything out of Redis that is kept of tasks that are over. That they were once asked for stays, without a word of it: else a
 * delivery that comes again would ask for them anew.
 */
import type { Redis } from "ioredis";
import { keys } from "./keys.ts";
import type { Task } from "./task.ts";

export async function forgetTasks(redis: Redis, tasks: readonly Task[]): Promise<void> {
  const all = redis.multi();
  for (const { spec, epoch } of tasks) {
    const { id, repository, number, conversation } = spec;
    const runs = Array.from({ length: epoch }, (_, nth) => nth + 1).flatMap((run) => [
      keys.runEvents(id, run),
      keys.keptOutput(id, run),
    ]);
    const said = [keys.messages(id), keys.messagesSent(id), keys.messageFates(id), keys.messagesDead(id)];
    const own = [
      keys.task(id),
      keys.deedsOf(id),
      keys.timeline(id),
      keys.oldTimeline(id),
      keys.shown(id),
      keys.followers(id),
    ];
    all.del(...own, ...runs, ...said, keys.envelope(`task:${id}`));
    all.zrem(keys.issue(repository.id, number), id).zrem(keys.conversation(repository.id, conversation), id);
    all.zrem(keys.heartbeats, `run:${id}`).hdel(keys.reserves, id);
  }
  await all.exec();
}
