/** What a task's record says of what its runs have used, for whoever books a run that its host could not book. Pure. */
import type { Amounts } from "../text/budget.ts";
import type { Task } from "./task.ts";

/** By epoch. What is missing in a run's amounts is not known; a run that is missing is not known at all. */
export type UseByEpoch = Record<string, Amounts>;

export const NOTHING: Amounts = { usd: 0, tokens: 0, ms: 0, runs: 0 };

/** A run that never got as far as an agent has used nothing. */
export function knownUse({ runs }: Pick<Task, "runs">): UseByEpoch {
  const known: UseByEpoch = {};
  for (const { number, progress } of runs) {
    if (progress.agent === undefined) known[number] = NOTHING;
    // A run that its host took up under another number says under which it was counted.
    if (progress.budget) known[progress.budget.epoch] = progress.budget.used;
  }
  return known;
}
