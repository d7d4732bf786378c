/** How long a run's agent has worked: preparing, setting up and checking are not its time. */
import { statSync } from "node:fs";
import { stepFiles } from "../../tmux/step-files.ts";
import type { RunRecord, StepRecord } from "../run-record.ts";

/** In all steps, or in those before this one; ms. A step whose end nobody saw counts as nothing. */
export function worked({ steps }: Pick<RunRecord, "steps">, before?: StepRecord): number {
  const earlier = before ? steps.slice(0, steps.indexOf(before)) : steps;
  const agents = earlier.filter(({ kind }) => kind === "agent");
  return agents.reduce((sum, { startedAt, endedAt = startedAt }) => sum + Math.max(0, endedAt - startedAt), 0);
}

/** When a step ended that has ended by now, Unix ms: as its wrapper noted it down, which no restart of the host changes. */
export function endOf(dir: string): number {
  return statSync(stepFiles(dir).exit, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
}
