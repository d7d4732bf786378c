/**
 * A job of a task whose run cannot set aside what it needs: the task waits, without a run. What its run needs is set aside before the
 * task is claimed, under the number that the run will have; a host that dies in between leaves it for whoever claims the task.
 */
import { BUDGET_WAIT_MS } from "../../src/task/deadlines.ts";
import { type Reserved, reserve } from "../../src/task/ledger.ts";
import type { Task } from "../../src/task/task.ts";
import type { WaitingReason } from "../../src/task/waiting.ts";
import { askingOf } from "./budget.ts";
import type { Shared } from "./run.ts";

/** The dispatcher looks at the task next. */
const LOOK_MS = 15_000;

/** True when the task waits; its job is done with then. Of a run that a host has lost the next run decides when it begins. */
export async function standBackForBudget(shared: Shared, task: Task | undefined): Promise<boolean> {
  if (task?.state.name !== "queued") return false;
  const { redis, store, log } = shared;
  const { spec, epoch, version } = task;
  const now = Date.now();
  const asking = askingOf(shared, spec, { epoch: epoch + 1, task, at: now });
  const made: Reserved | undefined = asking && (await reserve(redis, asking));
  if (made?.kind !== "short") return false;
  const { of, unit } = made.short;
  const reasons: WaitingReason[] = [{ for: "budget", of, unit, until: now + BUDGET_WAIT_MS }];
  const waiting = await store.advance(spec.id, { name: "waits", version, reasons, at: now });
  if (!waiting) throw new Error(`the record of the task ${spec.id} has changed meanwhile: its job comes again`);
  await store.dispatches.plan(spec.id, now + LOOK_MS);
  log.info({ task: spec.id, of, unit }, "too little is left in an envelope of the task: it waits");
  return true;
}
