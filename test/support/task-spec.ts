/** A task as it might be asked for, for tests that do not care how it came about. */

import type { Lane } from "../../src/task/lane.ts";
import type { Origin } from "../../src/task/origin.ts";
import type { Beginning } from "../../src/task/store.ts";
import { taskIdOf } from "../../src/task/task-id.ts";
import type { TaskNews } from "../../src/task/task-news.ts";
import type { TaskSpec } from "../../src/task/task-spec.ts";

/** Id of the task that a comment's line asks for. */
export const idOfComment = (repositoryId: number, id: number, line = 1): string =>
  taskIdOf(repositoryId, { kind: "comment", id, line, url: "" });

/** Where its job is. */
export const LANE: Lane = { agent: "scripted" };
/** It may start at once. */
export const STARTS: Beginning = { lane: LANE };

/** A host has taken it from there. */
export const claimedBy = (host: string, at = Date.now()): Extract<TaskNews, { name: "claimed" }> => ({
  name: "claimed",
  host,
  claim: `claim of ${host}`,
  job: "job-1",
  lane: LANE,
  at,
});

export function makeSpec({ commentId = 501, ...changes }: Partial<TaskSpec> & { commentId?: number } = {}): TaskSpec {
  const repository = changes.repository ?? { id: 11, owner: "octo-org", name: "calculator" };
  const url = `https://github.test/octo-org/calculator/issues/1#issuecomment-${commentId}`;
  const origin: Origin = { kind: "comment", id: commentId, line: 1, url };
  return {
    id: taskIdOf(repository.id, origin),
    installationId: 21,
    repository,
    number: 1,
    title: "Tests fail",
    target: { kind: "issue", defaultBranch: "main" },
    origin,
    conversation: changes.number ?? 1,
    actor: { id: 31, login: "maintainer" },
    instruction: "fix the failing tests",
    requestedAt: 1_700_000_000_000,
    acceptedAt: 1_700_000_001_000,
    ...changes,
  };
}

/** The comment that asks. */
export function commentOf({ origin }: TaskSpec): number {
  if (origin.kind !== "comment") throw new Error(`asked for by ${origin.kind}`);
  return origin.id;
}

/** The branch of a task alone, as it is called for a request with these words. */
export const ownBranch = (number: number, taskId: string, words = "fix-the-tests"): string =>
  `orch/${number}-${words}-${taskId.slice(0, 8)}`;
