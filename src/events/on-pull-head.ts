/** A pull request has another newest commit, or is open: what CI said of the one before says nothing of it. */
import type { PullRequestPayload } from "../ingress/payloads.ts";
import type { TaskStore } from "../task/store.ts";
import { tasksOfPull } from "./pull-tasks.ts";

/** What CI says of a fork's commits GitHub does not tell. */
export const onPullRequestHead =
  ({ store }: { store: TaskStore }) =>
  async ({ repository, pull_request }: PullRequestPayload): Promise<void> => {
    const { number, head, updated_at: at } = pull_request;
    if (head.repo?.id !== repository.id) return;
    if (!(await store.noteHead({ repositoryId: repository.id, number, sha: head.sha, at }))) return;
    await store.tellOfPull(number, await tasksOfPull(store, { repositoryId: repository.id, number, branch: head.ref }));
  };
