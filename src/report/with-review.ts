/**
 * What comes of a task that is over: its review is posted, and what follows from it is asked for. The record says so once, so a report that
 * dies anywhere in between is repeated without doing anything twice.
 */
import type { Task } from "../task/task.ts";
import { ensureReview } from "./post-review.ts";
import type { Hints, ReporterDeps } from "./showing.ts";

type Memory = { hints: Hints; first: boolean; look: boolean };
/** As something that was tried. */
const REVIEW = "review";

/** The task as it is then. */
export async function withReview(deps: ReporterDeps, task: Task, memory: Memory): Promise<Task> {
  const { state, spec } = task;
  if (state.name !== "settled") return task;
  const { outcome } = state;
  if (outcome.kind !== "reviewed") {
    await deps.followUp(task);
    return task;
  }
  if (outcome.url !== undefined) return task;
  const { hints, look } = memory;
  const mayExist = look || hints.tried?.includes(REVIEW) === true;
  if (!mayExist) {
    hints.tried = [...(hints.tried ?? []), REVIEW];
    await deps.store.remember(spec.id, hints);
  }
  const url = await ensureReview(deps, task, { mayExist });
  const handedOn = await deps.followUp(task);
  const shown = await deps.store.advance(spec.id, { name: "review_shown", url, handedOn, at: deps.now() });
  return shown ?? (await deps.store.read(spec.id)) ?? task;
}
