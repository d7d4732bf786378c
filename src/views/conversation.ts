/** What came of an issue or a pull request so far: its tasks with their runs, what they have used, and the pull requests. Pure. */
import { MAX_RUNS } from "../task/runs.ts";
import type { PullRequest, Task } from "../task/task.ts";
import { type NamedHosts, type RunView, runView, type TaskView, taskView } from "./task-view.ts";

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

export type Conversation = {
  /** Oldest first. */
  tasks: { task: TaskView; runs: RunView[] }[];
  spent: Spent;
  /** Each once, in the order in which they came. */
  pullRequests: PullRequest[];
};

export function conversation(tasks: readonly Task[], hosts: NamedHosts = []): Conversation {
  const inOrder = tasks.toSorted((one, other) => one.spec.acceptedAt - other.spec.acceptedAt);
  const views = inOrder.map((task) => ({
    task: taskView(task, hosts),
    runs: task.runs.map((run) => runView(run, hosts)),
  }));
  const pulls = new Map<number, PullRequest>();
  for (const { task } of views)
    if (task.pullRequest && !pulls.has(task.pullRequest.number)) pulls.set(task.pullRequest.number, task.pullRequest);
  return { tasks: views, spent: spentOn(inOrder), pullRequests: [...pulls.values()] };
}

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

/** A record keeps its first and its latest runs; what was in between is counted as one that says nothing. */
function hasForgottenRuns({ runs }: Task): boolean {
  const [first, second] = runs;
  return runs.length === MAX_RUNS && first !== undefined && second !== undefined && second.number > first.number + 1;
}
