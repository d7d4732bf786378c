/** Repositories and issues that get another place; what they were called before leads on to it. */

import { organization, user } from "../serialise/account.ts";
import { issue as issueJson } from "../serialise/issue.ts";
import { repository } from "../serialise/repository.ts";
import type { Account, Issue, Repository } from "../store/model.ts";
import { commentsOf, fullName, installationOf, nextNumber, timestamp } from "../store/store.ts";
import { emit } from "../webhooks/emit.ts";
import type { World } from "../world.ts";
import type { By } from "./by.ts";
import { install, uninstall } from "./installations.ts";
import { findLabel } from "./issues.ts";
import { demandFreeName } from "./repositories.ts";

/** Gives it its new name; the old one leads there from now on. */
function move(world: World, repo: Repository, place: { owner: Account; name: string }): void {
  demandFreeName(world, place.owner, place.name);
  const { oldNames } = world.store;
  oldNames.set(fullName(repo).toLowerCase(), repo.id);
  Object.assign(repo, place);
  oldNames.delete(fullName(repo).toLowerCase());
  repo.updatedAt = timestamp();
}

export function renameRepository(world: World, repo: Repository, by: By, name: string): void {
  if (name === repo.name) return;
  const from = repo.name;
  move(world, repo, { owner: repo.owner, name });
  emit(world, repo, "repository", { action: "renamed", changes: { repository: { name: { from } } } }, by.account);
}

/**
 * The old owner's installation loses the repository. The new owner's has it only where the App is installed there, and
 * nobody else hears of the transfer.
 */
export function transferRepository(
  world: World,
  repo: Repository,
  by: By,
  to: { owner: Account; name?: string; install: boolean },
): void {
  const from = repo.owner;
  const before = installationOf(world.store, repo);
  if (before) uninstall(world, before, repo);
  move(world, repo, { owner: to.owner, name: to.name ?? repo.name });
  if (to.install) install(world, repo, to.owner);
  const was = from.type === "Organization" ? { organization: organization(world, from) } : { user: user(world, from) };
  emit(world, repo, "repository", { action: "transferred", changes: { owner: { from: was } } }, by.account);
}

/** The issue under its next number elsewhere, with its comments, and those labels that exist there. */
export function transferIssue(world: World, repo: Repository, issue: Issue, by: By, target: Repository): Issue {
  const [oldJson, oldRepository] = [issueJson(world, repo, issue), repository(world, repo)];
  const number = nextNumber(target);
  const labels = issue.labels.flatMap((each) => findLabel(target.labels, each.name) ?? []);
  const moved: Issue = { ...issue, id: world.store.nextId("issue"), number, labels, updatedAt: timestamp() };
  for (const comment of commentsOf(repo, issue.number)) {
    repo.comments.delete(comment.id);
    target.comments.set(comment.id, { ...comment, number });
  }
  repo.issues.delete(issue.number);
  repo.movedIssues.set(issue.number, { repositoryId: target.id, number });
  target.issues.set(number, moved);
  const changes = { new_issue: issueJson(world, target, moved), new_repository: repository(world, target) };
  emit(world, repo, "issues", { action: "transferred", issue: oldJson, changes }, by.account);
  const opened = {
    action: "opened",
    issue: issueJson(world, target, moved),
    changes: { old_issue: oldJson, old_repository: oldRepository },
  };
  emit(world, target, "issues", opened, by.account);
  return moved;
}
