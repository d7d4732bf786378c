/** What the steps of a run are called, in their order: an agent works, a check judges, the agent works again. */

/** `agent-1`, `verify-1`, `agent-2`, ... */
export type StepName = `${"agent" | "verify"}-${number}`;
export const FIRST_STEP: StepName = "agent-1";
export type StepKind = "agent" | "verify";

export const kindOf = (name: StepName): StepKind => (name.startsWith("agent") ? "agent" : "verify");
