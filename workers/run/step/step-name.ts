/**
 * What the steps of a run are called, in their order: the workspace is set up, an agent works, a check judges, the agent works
 * again.
 */

export const STEP_KINDS = ["setup", "agent", "verify"] as const;
export type StepKind = (typeof STEP_KINDS)[number];
/**
 * `setup-1`, `agent-1`, `setup-2`, `verify-1`, `agent-2`, ...; `verify-1-hidden`: once more with what is not published; of a node, `-merged`:
 * with what others of its team have done, and `-base`: without any of it.
 */
export type StepName =
  | `${StepKind}-${number}`
  | `verify-${number}-hidden`
  | `${"setup" | "verify"}-${number}-${CheckedTree}`;
/** Whose tree a check is of, where it is not the work's own. */
export type CheckedTree = "merged" | "base";
export const FIRST_STEP: StepName = "agent-1";
/** The one in the agent's own workspace, before it starts; the others are parts of checks. */
export const FIRST_SETUP: StepName = "setup-1";

export const kindOf = (name: StepName): StepKind => name.slice(0, name.indexOf("-")) as StepKind;
