/** What came of an issue or a pull request so far: its tasks with their runs, what they have used, and the pull requests. Pure. */
import type { PullRequest, Task } from "../task/task.ts";
import { type Spent, spentOn } from "./spent.ts";
import { type NamedHosts, type RunView, runView, type TaskView, taskView } from "./task-view.ts";

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
