/**
 * Compares the open tasks with the queue and the hosts, and puts right what nobody else will: lost jobs come back, and
 * tasks that wait for nobody end. Safe to run in any number of bots at once. Losing every BullMQ key costs time, not tasks.
 */
import type { Logger } from "../log.ts";
import type { HostView } from "../task/heartbeat.ts";
import type { TaskQueue } from "../task/queue.ts";
import type { TaskStore } from "../task/store.ts";
import type { Outcome, Task } from "../task/task.ts";
import { judge } from "./verdict.ts";

export type ReconcileDeps = {
  store: TaskStore;
  queue: TaskQueue;
  hosts: () => Promise<HostView[]>;
  now: () => number;
  log: Logger;
};

const EVERY_MS = 30_000;

/** One sweep over all open tasks. `missing` is the memory between two sweeps: tasks that had no job in the last one. */
export async function reconcile(deps: ReconcileDeps, missing: Set<string>): Promise<void> {
  const { store, hosts, now } = deps;
  const known = { now: now(), hosts: await hosts() };
  const tasks = await store.readMany(await store.openIds());
  const before = new Set(missing);
  missing.clear();
  for (const task of tasks) {
    const verdict = judge(task, known);
    switch (verdict.kind) {
      case "leave":
        break;
      case "needs_job":
        await ensureJob(deps, task, before, missing);
        break;
      case "needs_report":
        if (await store.remindReport(task.spec.id, known.now))
          deps.log.warn({ task: task.spec.id }, "a pushed task was not to be reported any more: looked at again");
        break;
      case "give_up":
        await giveUp(deps, task, verdict.outcome);
    }
  }
}

/** Unless the task has moved on since it was read: the next sweep judges it anew. */
async function giveUp({ store, now, log }: ReconcileDeps, { spec, version }: Task, outcome: Outcome): Promise<void> {
  const settled = await store.advance(spec.id, { name: "given_up", version, outcome, at: now() });
  if (settled) log.error({ task: spec.id, outcome: outcome.kind }, "task given up by the sweep");
}

async function ensureJob(
  { queue, log }: ReconcileDeps,
  task: Task,
  before: ReadonlySet<string>,
  missing: Set<string>,
): Promise<void> {
  if (await queue.holds(task)) return;
  const { id } = task.spec;
  // A run that is just ending has finished its job before we see it settled: two sweeps must miss the job.
  const name = `${id}-${task.epoch}`;
  if (task.state.name === "running" && !before.has(name)) {
    missing.add(name);
    return;
  }
  await queue.enqueue(task);
  log.warn({ task: id, epoch: task.epoch, state: task.state.name }, "the task's job was lost: added again");
}

export function startReconciling(deps: ReconcileDeps): { stop(): Promise<void> } {
  const missing = new Set<string>();
  let sweeping: Promise<void> | undefined;
  const sweep = () => {
    sweeping ??= reconcile(deps, missing)
      .catch((error: unknown) => deps.log.warn({ err: error }, "the sweep over open tasks failed, repeated later"))
      .finally(() => {
        sweeping = undefined;
      });
  };
  const timer = setInterval(sweep, EVERY_MS);
  sweep();
  return {
    stop: async () => {
      clearInterval(timer);
      await sweeping;
    },
  };
}
