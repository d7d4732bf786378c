/** What agents have used, as far as their runs say. Pure. */

import type { Progress } from "../task/progress.ts";
import { MAX_RUNS } from "../task/runs.ts";
import type { Task } from "../task/task.ts";

/** `known`: the sum over the runs that say; `unknown`: how many do not. Nothing known is not nothing spent. */
export type Sum = { known?: number; unknown: number };

export type Spent = {
  /** Runs that got as far as an agent. */
  runs: number;
  inputTokens: Sum;
  outputTokens: Sum;
  /** US dollars, as agents state them. */
  costUsd: Sum;
};

export function spentOn(tasks: readonly Task[]): Spent {
  const runs = tasks.flatMap((task) => task.runs.filter(({ progress }) => progress.agent !== undefined));
  const forgotten = tasks.filter(hasForgottenRuns).length;
  const sum = (of: "inputTokens" | "outputTokens" | "costUsd"): Sum => {
    const known = runs.flatMap(({ progress }) => progress[of] ?? []);
    const unknown = runs.length - known.length + forgotten;
    return known.length > 0 ? { known: known.reduce((one, other) => one + other), unknown } : { unknown };
  };
  const [inputTokens, outputTokens, costUsd] = [sum("inputTokens"), sum("outputTokens"), sum("costUsd")];
  return { runs: runs.length + forgotten, inputTokens, outputTokens, costUsd };
}

/** What their runs say that they used, as one run would say it. */
export function usedBy(tasks: readonly Task[]): Pick<Progress, "inputTokens" | "outputTokens" | "costUsd"> {
  const { inputTokens, outputTokens, costUsd } = spentOn(tasks);
  return Object.fromEntries(
    Object.entries({ inputTokens, outputTokens, costUsd }).flatMap(([name, { known }]) =>
      known === undefined ? [] : [[name, known]],
    ),
  );
}

/** A record keeps its first and its latest runs; what was in between is counted as one that says nothing. */
function hasForgottenRuns({ runs }: Task): boolean {
  const [first, second] = runs;
  return runs.length === MAX_RUNS && first !== undefined && second !== undefined && second.number > first.number + 1;
}
