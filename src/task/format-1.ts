/** Records as they were written in format 1, made into today's: one comment was one task, which remembered its last run only. */
import type { CancelReason } from "./outcome.ts";
import type { Progress } from "./progress.ts";
import type { Task, TaskState } from "./task.ts";
import type { TaskSpec } from "./task-spec.ts";

/** The parts that have changed since; the rest is carried over, and is checked like everything that is read. */
type Spec1 = Omit<TaskSpec, "origin" | "conversation"> & { commentId?: number; commentUrl?: string };
type Task1 = Omit<Task, "spec" | "runs"> & { spec: Spec1; progress?: Progress };

/** The line of the comment was not kept; nothing asks for it, as the id is there. */
export function specOfFormat1({ commentId, commentUrl, ...spec }: Spec1): TaskSpec {
  const origin = { kind: "comment" as const, id: commentId as number, line: 0, url: commentUrl ?? "" };
  return { ...spec, origin, conversation: spec.number };
}

export function taskOfFormat1({ progress = {}, ...task }: Task1): Task {
  const { epoch, spec, cancel } = task;
  const state = stateOfFormat1(task.state);
  const run = { number: epoch, ...spanOf(state, spec.acceptedAt), progress };
  const reason = cancel && { cancel: reasonOfFormat1(cancel) };
  return { ...task, ...reason, state, spec: specOfFormat1(spec), runs: epoch > 0 ? [run] : [] };
}

function stateOfFormat1(state: TaskState): TaskState {
  if (state.name !== "settled" || state.outcome.kind !== "cancelled") return state;
  return { ...state, outcome: { ...state.outcome, reason: reasonOfFormat1(state.outcome.reason) } };
}

/** Nothing but a comment could be taken back. */
function reasonOfFormat1(reason: CancelReason | { kind: "comment_deleted"; by: string }): CancelReason {
  return reason.kind === "comment_deleted" ? { kind: "taken_back", by: reason.by } : reason;
}

function spanOf(state: TaskState, acceptedAt: number) {
  if (state.name === "running") return { host: state.host, startedAt: state.since };
  if (state.name !== "settled") return { host: "", startedAt: acceptedAt };
  return { host: "", startedAt: acceptedAt, endedAt: state.at, end: state.outcome.kind };
}
