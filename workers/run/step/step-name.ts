/**
 * What the steps of a run are called, in their order: the workspace is set up, an agent works, a check judges, the agent works
 * again.
 */

export const STEP_KINDS = ["setup", "agent", "verify"] as const;
export type StepKind = (typeof STEP_KINDS)[number];
/** `setup-1`, `agent-1`, `verify-1`, `agent-2`, ... */
export type StepName = `${StepKind}-${number}`;
export const FIRST_STEP: StepName = "agent-1";

export const kindOf = (name: StepName): StepKind => name.slice(0, name.indexOf("-")) as StepKind;
