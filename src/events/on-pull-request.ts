/** A pull request for a task's branch is open, whoever opened it: the task has its outcome. */
import type { PullRequestPayload } from "../ingress/payloads.ts";
import type { Logger } from "../log.ts";
import { taskOfBranch } from "../task/branch.ts";
import type { TaskStore } from "../task/store.ts";

export type PullRequestDeps = { store: TaskStore; now: () => number; log: Logger };

export const onPullRequestOpened =
  ({ store, now, log }: PullRequestDeps) =>
  async ({ repository, pull_request }: PullRequestPayload): Promise<void> => {
    const { head, number, html_url: url, draft } = pull_request;
    // A fork may call its branches what it likes.
    if (head.repo?.id !== repository.id) return;
    const task = await taskOfBranch(store, repository.id, head.ref);
    if (task?.spec.target.kind !== "issue") return;
    const settled = await store.advance(task.spec.id, {
      name: "pull_request",
      pullRequest: { number, url, ...(draft !== undefined && { draft }) },
      at: now(),
    });
    if (settled) log.info({ task: task.spec.id, pull: number }, "task settled by its pull request");
  };
