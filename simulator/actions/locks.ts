/** Locked conversations. */
import type { Issue, LockReason, Repository } from "../store/model.ts";
import { timestamp } from "../store/store.ts";
import type { World } from "../world.ts";
import type { By } from "./by.ts";
import { emitIssue } from "./issues.ts";

export async function lockIssue(
  world: World,
  repo: Repository,
  issue: Issue,
  by: By,
  reason?: LockReason,
): Promise<void> {
  if (issue.locked) return;
  issue.locked = { reason };
  issue.updatedAt = timestamp();
  await emitIssue(world, repo, issue, "locked", by);
}

export async function unlockIssue(world: World, repo: Repository, issue: Issue, by: By): Promise<void> {
  if (!issue.locked) return;
  issue.locked = undefined;
  issue.updatedAt = timestamp();
  await emitIssue(world, repo, issue, "unlocked", by);
}
