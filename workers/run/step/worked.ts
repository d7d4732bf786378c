/** How long a run's agent has worked: preparing, setting up and checking are not its time. */
import { statSync } from "node:fs";
import { stepFiles } from "../../tmux/step-files.ts";
import type { RunRecord } from "../run-record.ts";
import type { StepRecord } from "./step-record.ts";

/** In all steps, or before this one began, as it began last; ms. */
export function worked({ steps }: Pick<RunRecord, "steps">, before?: StepRecord): number {
  const earlier = before ? steps.slice(0, steps.indexOf(before)) : steps;
  const agents = earlier.filter(({ kind }) => kind === "agent");
  return agents.reduce((sum, step) => sum + timeOf(step), before?.workedMs ?? 0);
}

/** How long its agent was at it; what nobody saw the end of counts as nothing. */
export function timeOf({ startedAt, endedAt = startedAt, workedMs = 0 }: StepRecord): number {
  return workedMs + Math.max(0, endedAt - startedAt);
}

/** When a step ended that has ended by now, Unix ms: as its wrapper noted it down, which no restart of the host changes. */
export function endOf(dir: string): number {
  return statSync(stepFiles(dir).exit, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
}
