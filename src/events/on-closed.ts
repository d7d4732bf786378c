/** An issue or a pull request was closed, or an issue deleted: its tasks that are not over have nobody to work for. */
import { type CancelDeps, cancelTasks, openTasksOfIssue } from "../cancel.ts";
import type { IssuePayload, PullRequestPayload } from "../ingress/payloads.ts";
import { pullNumberOf, taskOfBranch } from "../task/branch.ts";
import type { Task } from "../task/task.ts";

export const onIssueClosed =
  (deps: CancelDeps) =>
  async ({ repository, issue, sender }: IssuePayload): Promise<void> => {
    const ids = await openTasksOfIssue(deps.store, repository.id, issue.number, isAskedBefore(issue.closed_at));
    await cancelTasks(deps, ids, { kind: "issue_closed", by: sender.login });
  };

/** Merged or not: a task's own pull request settled that task when it was opened. */
export const onPullRequestClosed =
  (deps: CancelDeps) =>
  async ({ repository, pull_request, sender }: PullRequestPayload): Promise<void> => {
    const { number, closed_at, head } = pull_request;
    const isBefore = isAskedBefore(closed_at);
    const ids = await openTasksOfIssue(deps.store, repository.id, number, isBefore);
    const opener =
      head.repo?.id === repository.id ? await taskOfBranch(deps.store, repository.id, head.ref) : undefined;
    // Asked for under the issue that the pull request came from, to go on on its branch.
    const goesOnThere = (task: Task) => pullNumberOf(task.spec) === number && isBefore(task);
    const others = opener ? await openTasksOfIssue(deps.store, repository.id, opener.spec.number, goesOnThere) : [];
    await cancelTasks(deps, [...new Set([...ids, ...others])], { kind: "issue_closed", by: sender.login });
  };

/** The news may be days late: what was asked for since, when it was open again, goes on. */
function isAskedBefore(closedAt: number | null | undefined): (task: Task) => boolean {
  return ({ spec }) => spec.requestedAt <= (closedAt ?? Number.POSITIVE_INFINITY);
}
