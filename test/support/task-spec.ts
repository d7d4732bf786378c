/** A task as it might be asked for, for tests that do not care how it came about. */

import type { TaskSpec } from "../../src/task/task.ts";
import { taskIdOf } from "../../src/task/task-id.ts";

export function makeSpec(changes: Partial<TaskSpec> = {}): TaskSpec {
  const commentId = changes.commentId ?? 501;
  const repository = changes.repository ?? { id: 11, owner: "octo-org", name: "calculator" };
  return {
    id: taskIdOf(repository.id, commentId, 1),
    installationId: 21,
    repository,
    number: 1,
    title: "Tests fail",
    target: { kind: "issue", defaultBranch: "main" },
    commentId,
    commentUrl: `https://github.test/octo-org/calculator/issues/1#issuecomment-${commentId}`,
    actor: { id: 31, login: "maintainer" },
    instruction: "fix the failing tests",
    requestedAt: 1_700_000_000_000,
    acceptedAt: 1_700_000_001_000,
    ...changes,
  };
}
