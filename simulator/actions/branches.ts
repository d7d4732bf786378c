/** Renaming a branch: proposals to it follow, those from it are closed, and its old name leads to the new one. */
import { git, gitOrUndefined } from "../git/git.ts";
import { branchTip } from "../git/repository.ts";
import { ApiError } from "../routes/reply.ts";
import type { PullIssue } from "../serialise/pull.ts";
import type { Repository } from "../store/model.ts";
import { pullsOf, timestamp } from "../store/store.ts";
import { emit } from "../webhooks/emit.ts";
import type { World } from "../world.ts";
import type { By } from "./by.ts";
import { emitIssue, isPull } from "./issues.ts";
import { pushing } from "./pushes.ts";

async function demandNames(repo: Repository, from: string, to: string): Promise<string> {
  const tip = await branchTip(repo.dir, from);
  if (!tip) throw new ApiError(404, "Branch not found");
  const valid = (await gitOrUndefined(repo.dir, ["check-ref-format", "--branch", to])) !== undefined;
  if (!valid || (await branchTip(repo.dir, to))) throw new ApiError(422, `New branch name ${to} is not available`);
  return tip;
}

export async function renameBranch(world: World, repo: Repository, by: By, from: string, to: string): Promise<void> {
  const isDefault = repo.defaultBranch === from;
  const proposed: PullIssue[] = [];
  await pushing(world, repo, by, async () => {
    const tip = await demandNames(repo, from, to);
    await git(repo.dir, ["update-ref", `refs/heads/${to}`, tip, ""]);
    // The head first: it must not point to nothing, and the refs that moved are looked at after all of this.
    if (isDefault) await git(repo.dir, ["symbolic-ref", "HEAD", `refs/heads/${to}`]);
    await git(repo.dir, ["update-ref", "-d", `refs/heads/${from}`, tip]);
    if (isDefault) repo.defaultBranch = to;
    repo.renamedBranches.set(from, to).delete(to);
    proposed.push(
      ...pullsOf(repo)
        .filter(isPull)
        .filter(({ pull, state }) => state === "open" && pull.baseRef === from),
    );
    for (const { pull } of proposed) pull.baseRef = to;
  });
  for (const issue of proposed) {
    issue.updatedAt = timestamp();
    const changes = { base: { ref: { from }, sha: { from: issue.pull.baseSha } } };
    await emitIssue(world, repo, issue, "edited", by, { changes });
  }
  if (!isDefault) return;
  repo.updatedAt = timestamp();
  emit(world, repo, "repository", { action: "edited", changes: { default_branch: { from } } }, by.account);
}

/** What a branch of that name is called now; undefined where it never was another's. */
export function renamedTo(repo: Repository, name: string): string | undefined {
  let now = repo.renamedBranches.get(name);
  for (let next = now; next !== undefined; next = repo.renamedBranches.get(next)) now = next;
  return now;
}
