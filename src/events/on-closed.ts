/** An issue or a pull request was closed, or an issue deleted: its tasks that are not over have nobody to work for. */
import { type CancelDeps, cancelTasks, openTasksOfIssue } from "../cancel.ts";
import type { IssuePayload, PullRequestPayload } from "../ingress/payloads.ts";
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
    const { number, closed_at } = pull_request;
    const ids = await openTasksOfIssue(deps.store, repository.id, number, isAskedBefore(closed_at));
    await cancelTasks(deps, ids, { kind: "issue_closed", by: sender.login });
  };

/** The news may be days late: what was asked for since, when it was open again, goes on. */
function isAskedBefore(closedAt: number | null | undefined): (task: Task) => boolean {
  return ({ spec }) => spec.requestedAt <= (closedAt ?? Number.POSITIVE_INFINITY);
}
