/** What the agent of a team's own task is there for, which its proposal says. Pure. */
import type { Task } from "./task.ts";

export type TeamStage =
  /** To propose a plan. */
  | "planning"
  /** To change the plan that was approved, when that is needed. */
  | "managing"
  /** To do all of it, as one agent is enough. */
  | "alone";

/** Undefined of a task that is no team's. */
export function teamStage({ spec, proposal }: Pick<Task, "spec" | "proposal">): TeamStage | undefined {
  if (!spec.team) return undefined;
  if (proposal?.decision?.kind !== "approved") return "planning";
  return proposal.alone === undefined ? "managing" : "alone";
}
