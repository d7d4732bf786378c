/**
 * What a task that stands behind another one makes of the end of that one: it goes on where that one's pull request is, it ends with it, or
 * it starts as any other. Pure.
 */
import type { Outcome } from "../task/outcome.ts";
import type { Task } from "../task/task.ts";
import type { Target, TaskSpec } from "../task/task-spec.ts";
import type { WaitingReason } from "../task/waiting.ts";

/** The pull request that the one before it has opened, as the target of this one; undefined where it stays where it is. */
export function ontoPullOf(spec: TaskSpec, first: Task | undefined): Target | undefined {
  if (spec.after === undefined || spec.target.kind === "pull" || first?.state.name !== "settled") return undefined;
  const { outcome } = first.state;
  const { pushed } = first;
  if (outcome.kind !== "pull_request" || !pushed) return undefined;
  const { defaultBranch } = spec.target;
  const { branch: headRef, sha: headSha, base: baseRef } = pushed;
  return { kind: "pull", number: outcome.number, defaultBranch, headRef, headSha, baseRef };
}

/** Whether it has to wait for the one before it, or for being sent where that one's work is. */
export const standsBehind = (spec: TaskSpec, first: Task | undefined): boolean =>
  first !== undefined && (first.state.name !== "settled" || ontoPullOf(spec, first) !== undefined);

/** Somebody cancelled what it waited for: there is nothing to go on from, and whoever stops the one means both. */
export function endsWith(
  { after }: TaskSpec,
  first: Task | undefined,
  waiting: readonly WaitingReason[],
): Outcome | undefined {
  if (after === undefined || first?.state.name !== "settled" || first.state.outcome.kind !== "cancelled")
    return undefined;
  const hasWaited = waiting.some((reason) => reason.for === "task" && reason.task === after);
  return hasWaited ? { kind: "cancelled", reason: { kind: "first_cancelled", task: after } } : undefined;
}

/** Which agent works on it where nobody has named one: that of the one before it, whose session it goes on with. */
export function agentBehind({ agent, agentNamed }: TaskSpec, first: Task | undefined): string | undefined {
  return agentNamed ? agent : (first?.agent ?? first?.spec.agent ?? agent);
}
