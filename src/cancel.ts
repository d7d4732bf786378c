/** Asks that tasks end. A queued one is over at once; the host of a running one stops it and settles it. */
import type { Logger } from "./log.ts";
import type { CancelReason } from "./task/outcome.ts";
import type { TaskQueue } from "./task/queue.ts";
import type { TaskStore } from "./task/store.ts";
import type { Task } from "./task/task.ts";

export type CancelDeps = { store: TaskStore; queue: TaskQueue; now: () => number; log: Logger };

const AT_ONCE = 50;

/** Safe to repeat. Durable when it resolves. */
export async function cancelTasks(deps: CancelDeps, ids: readonly string[], reason: CancelReason): Promise<void> {
  for (let start = 0; start < ids.length; start += AT_ONCE) {
    await Promise.all(ids.slice(start, start + AT_ONCE).map((id) => cancelTask(deps, id, reason)));
  }
}

async function cancelTask({ store, queue, now, log }: CancelDeps, id: string, reason: CancelReason): Promise<void> {
  // Where its job is, a settled task does not say any more.
  const before = await store.read(id);
  const task = await store.advance(id, { name: "cancel", reason, at: now() });
  if (task) log.info({ task: id, reason: reason.kind }, "task cancelled");
  if (task?.state.name !== "settled" || before?.state.name !== "queued") return;
  // Only tidies up: a host that gets the job nevertheless sees that the task is over.
  queue
    .withdraw(before)
    .catch((error: unknown) => log.debug({ err: error, task: id }, "the job of a cancelled task stays in the queue"));
}

/** Tasks that are not over and match. */
export async function openTasks(store: TaskStore, matches: (task: Task) => boolean): Promise<string[]> {
  return idsOf(await store.readMany(await store.openIds()), matches);
}

/** Tasks of one issue or pull request that are not over and match. */
export async function openTasksOfIssue(
  store: TaskStore,
  repositoryId: number,
  number: number,
  matches: (task: Task) => boolean = () => true,
): Promise<string[]> {
  return idsOf(await store.readMany(await store.idsOfIssue(repositoryId, number)), matches);
}

function idsOf(tasks: readonly Task[], matches: (task: Task) => boolean): string[] {
  return tasks.filter((task) => task.state.name !== "settled" && matches(task)).map((task) => task.spec.id);
}
