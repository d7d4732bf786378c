/** Opening and merging pull requests. Closing, editing and labelling are those of issues. */
import { git, gitWithInput } from "../git/git.ts";
import { countCommits, mergeBase, mergeTree } from "../git/history.ts";
import { branchTip, emailOf } from "../git/repository.ts";
import { ApiError, invalid } from "../routes/reply.ts";
import type { PullIssue } from "../serialise/pull.ts";
import type { MergeMethod, Repository } from "../store/model.ts";
import { pullsOf, timestamp } from "../store/store.ts";
import type { World } from "../world.ts";
import type { By } from "./by.ts";
import { addIssue, closeIssue, emitIssue, isPull } from "./issues.ts";
import { keepPullRef, pushing } from "./pushes.ts";

export type NewPull = { title: string; head: string; base: string; body?: string; draft?: boolean };

/** `branch`, or `owner:branch` for a fork of that owner. */
function headOf(world: World, repo: Repository, head: string): { source: Repository; ref: string } {
  const colon = head.indexOf(":");
  if (colon < 0) return { source: repo, ref: head };
  const owner = head.slice(0, colon).toLowerCase();
  const ref = head.slice(colon + 1);
  if (repo.owner.login.toLowerCase() === owner) return { source: repo, ref };
  for (const each of world.store.repositories.values())
    if (each.parentId === repo.id && each.owner.login.toLowerCase() === owner) return { source: each, ref };
  throw invalid("PullRequest", "head", "head is invalid", "invalid");
}

const findPull = (repo: Repository, source: Repository, head: string, base: string) =>
  pullsOf(repo).find(
    ({ state, pull }) =>
      state === "open" && pull?.headRepositoryId === source.id && pull.headRef === head && pull.baseRef === base,
  );

export async function openPull(world: World, repo: Repository, by: By, wanted: NewPull): Promise<PullIssue> {
  const { source, ref } = headOf(world, repo, wanted.head);
  const [headSha, baseSha] = await Promise.all([branchTip(source.dir, ref), branchTip(repo.dir, wanted.base)]);
  if (!headSha) throw invalid("PullRequest", "head", "head is invalid", "invalid");
  if (wanted.draft && !repo.drafts)
    throw new ApiError(422, "Draft pull requests are not supported in this repository.");
  if (!baseSha) throw invalid("PullRequest", "base", "base is invalid", "invalid");
  const label = `${source.owner.login}:${ref}`;
  const custom = (message: string) =>
    new ApiError(422, "Validation Failed", [{ resource: "PullRequest", code: "custom", message }]);
  if (findPull(repo, source, ref, wanted.base)) throw custom(`A pull request already exists for ${label}.`);
  if (source !== repo) await git(repo.dir, ["fetch", "--quiet", "--no-tags", source.dir, headSha]);
  if (!(await mergeBase(repo.dir, baseSha, headSha)))
    throw custom(`The ${ref} branch has no history in common with ${wanted.base}`);
  if ((await countCommits(repo.dir, `${baseSha}..${headSha}`)) === 0)
    throw custom(`No commits between ${wanted.base} and ${ref}`);
  // Between the first look and here git was asked several times: somebody may have opened the same one meanwhile.
  if (findPull(repo, source, ref, wanted.base)) throw custom(`A pull request already exists for ${label}.`);
  const issue = addIssue(world, repo, by, wanted);
  issue.pull = {
    id: world.store.nextId("pull"),
    headRepositoryId: source.id,
    headRef: ref,
    headSha,
    baseRef: wanted.base,
    baseSha,
    draft: wanted.draft ?? false,
  };
  if (!isPull(issue)) throw new Error("a pull request was not made");
  await keepPullRef(world, repo, issue, headSha);
  await emitIssue(world, repo, issue, "opened", by);
  return issue;
}

/** Proposes the same changes to another branch. */
export async function changeBase(
  world: World,
  repo: Repository,
  issue: PullIssue,
  by: By,
  base: { ref: string; sha: string },
): Promise<void> {
  const { baseRef, baseSha } = issue.pull;
  Object.assign(issue.pull, { baseRef: base.ref, baseSha: base.sha });
  issue.updatedAt = timestamp();
  const changes = { base: { ref: { from: baseRef }, sha: { from: baseSha } } };
  await emitIssue(world, repo, issue, "edited", by, { changes });
}

/** Has GitHub merge when nothing blocks any more, or not; undefined takes the wish back. */
export async function setAutoMerge(
  world: World,
  repo: Repository,
  issue: PullIssue,
  by: By,
  method: MergeMethod | undefined,
): Promise<void> {
  const { pull } = issue;
  if (issue.state !== "open") throw new ApiError(422, "Pull request is closed");
  if ((pull.autoMerge === undefined) === (method === undefined)) return;
  issue.updatedAt = timestamp();
  pull.autoMerge = method && { enabledAt: issue.updatedAt, enabledBy: by.account, method };
  if (method) await emitIssue(world, repo, issue, "auto_merge_enabled", by);
  else await emitIssue(world, repo, issue, "auto_merge_disabled", by, { reason: "disabled by a person" });
}

/** Merges with a merge commit. Throws 405 when git cannot. */
export async function mergePull(world: World, repo: Repository, issue: PullIssue, by: By): Promise<string> {
  const { pull } = issue;
  const notMergeable = () => new ApiError(405, "Pull Request is not mergeable");
  if (issue.state !== "open" || pull.draft) throw notMergeable();
  const message = `Merge pull request #${issue.number} from ${repo.owner.login}/${pull.headRef}\n\n${issue.title}\n`;
  const sha = await pushing(world, repo, by, async () => {
    const base = (await branchTip(repo.dir, pull.baseRef)) ?? pull.baseSha;
    const tree = await mergeTree(repo.dir, base, pull.headSha);
    if (!tree) throw notMergeable();
    const who = ["-c", `user.name=${by.account.login}`, "-c", `user.email=${emailOf(by.account)}`];
    const args = [...who, "commit-tree", tree, "-p", base, "-p", pull.headSha, "-F", "-"];
    const made = (await gitWithInput(repo.dir, args, message)).trim();
    await git(repo.dir, ["update-ref", `refs/heads/${pull.baseRef}`, made, base]);
    // Marked before the push is told: it must find a merged pull request, not an open one whose base moved.
    Object.assign(pull, { mergedAt: timestamp(), mergedBy: by.account, mergeCommitSha: made, baseSha: base });
    issue.state = "closed";
    return made;
  });
  issue.state = "open";
  await closeIssue(world, repo, issue, by);
  return sha;
}
