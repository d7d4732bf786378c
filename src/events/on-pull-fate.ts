/** A pull request was closed, merged or not, or opened again: that is noted down beside the tasks whose work it is. */
import type { PullRequestPayload } from "../ingress/payloads.ts";
import type { TaskStore } from "../task/store.ts";
import type { Task } from "../task/task.ts";
import { tasksOfPull } from "./pull-tasks.ts";

/** Told late, it says nothing new of a pull request that was merged since. */
export const onPullRequestFate =
  ({ store }: { store: TaskStore }) =>
  async ({ repository, pull_request }: PullRequestPayload): Promise<void> => {
    const { number, head, created_at: openedAt, closed_at: closedAt, merged_at: mergedAt } = pull_request;
    const branch = head.repo?.id === repository.id ? head.ref : undefined;
    const tasks = await tasksOfPull(store, { repositoryId: repository.id, number, branch });
    const at = mergedAt ?? closedAt;
    const closed = at == null ? undefined : { openedAt, at, merged: mergedAt != null };
    await Promise.all(tasks.filter(publishedIn(number)).map(({ spec }) => store.noteClosed(spec.id, closed)));
  };

const publishedIn =
  (number: number) =>
  ({ state }: Task): boolean =>
    state.name === "settled" && state.outcome.kind === "pull_request" && state.outcome.number === number;
