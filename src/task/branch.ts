/** What a task's branches are called: the one it starts from, the one its commits go to, and the one for when that has moved. */
import type { TaskSpec } from "./task.ts";

/** A branch for this task alone. */
const ownBranchOf = ({ number, id }: TaskSpec): string => `orch/${number}-${id}`;

/** The task whose own branch this is, or undefined when the branch is not one of ours. */
export function taskIdOfBranch(branch: string): string | undefined {
  return /^orch\/\d+-(t[a-z2-7]{15})(?:-\d+)?$/.exec(branch)?.[1];
}

/** The branch that a task's commits go to. */
export function branchOf(spec: TaskSpec): string {
  return spec.target.kind === "pull" ? spec.target.headRef : ownBranchOf(spec);
}

/** The branch that they go to when somebody has pushed to that one meanwhile. */
export function spareBranchOf(spec: TaskSpec): string {
  return spec.target.kind === "pull" ? ownBranchOf(spec) : `${ownBranchOf(spec)}-2`;
}

/** The branch that a run starts from. */
export function startRefOf({ target }: TaskSpec): string {
  return target.kind === "pull" ? target.headRef : (target.base ?? target.defaultBranch);
}

/** The branch that its work is to be merged into. */
export function baseOf({ target }: TaskSpec): string {
  return target.kind === "pull" ? target.baseRef : (target.base ?? target.defaultBranch);
}

/** The branches that a run needs from GitHub, each once: bot and worker host must mean the same ones. */
export function startBranchesOf(spec: TaskSpec): string[] {
  return [...new Set([spec.target.defaultBranch, startRefOf(spec)])];
}
