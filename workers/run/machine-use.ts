/** What a run has used of its machine so far, for its record: of all its steps, the repository's commands included. */
import type { Progress } from "../../src/task/progress.ts";
import type { RunRecord } from "./run-record.ts";

export function machineUse({ steps }: Pick<RunRecord, "steps">): Pick<Progress, "peakRssBytes" | "cpuSeconds"> {
  const known = steps.flatMap(({ use, counted }) => (use && !counted ? [use] : []));
  if (known.length === 0) return {};
  return {
    peakRssBytes: Math.max(...known.map(({ peakRssBytes }) => peakRssBytes)),
    cpuSeconds: Math.round(known.reduce((sum, { cpuMs }) => sum + cpuMs, 0) / 100) / 10,
  };
}
