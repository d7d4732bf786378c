/**
 * Puts back the records that Redis has lost (it was emptied, or its disk was) of tasks that hosts still work on. Only what is
 * absent is written, so a record that comes back from a backup, whatever it says, is never overwritten.
 */
import type { Redis } from "ioredis";
import type { Logger } from "../log.ts";
import { type Offer, readOffers, withdrawOffers } from "../task/offers.ts";
import type { TaskQueue } from "../task/queue.ts";
import { type TellUnreadable, warnOfUnreadable } from "../task/record.ts";
import type { TaskStore } from "../task/store.ts";

export type PutBackDeps = {
  redis: Redis;
  store: Pick<TaskStore, "lookUp" | "putBack">;
  queue: Pick<TaskQueue, "enqueue">;
  now: () => number;
  log: Logger;
  tell?: TellUnreadable;
};

/** By then every living host has beaten, ms: of two runs of a task the later one has been offered as well. */
const ALL_HEARD_MS = 10_000;

export async function putBackLost({ tell = warnOfUnreadable, ...deps }: PutBackDeps): Promise<void> {
  const { redis, now } = deps;
  const all = await readOffers(redis, tell);
  for (const offers of Map.groupBy(all, ({ task }) => task.spec.id).values()) {
    if (offers.every(({ at }) => now() - at < ALL_HEARD_MS)) continue;
    if (await putBack(deps, offers)) await withdrawOffers(redis, offers);
  }
}

/** False while what stands in Redis cannot be read: it may be this very task. */
async function putBack({ store, queue, now, log }: PutBackDeps, offers: readonly Offer[]): Promise<boolean> {
  const [latest] = offers.toSorted((one, other) => other.task.epoch - one.task.epoch);
  if (!latest) return true;
  const { task, host } = latest;
  const { id } = task.spec;
  const before = await store.lookUp(id);
  if (before.kind === "newer" || before.kind === "unreadable") return false;
  if (before.kind === "known" || !(await store.putBack(task, now()))) return true;
  log.warn({ task: id, host, epoch: task.epoch }, "Redis had lost a task's record: put back as its host knows it");
  // Its job is lost as well; the host takes the lock on this one.
  await queue.enqueue({ ...task, version: 1 });
  return true;
}
