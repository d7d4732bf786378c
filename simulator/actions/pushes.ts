/**
 * What a push means: refs before and after are compared, pull requests follow their branches, events are sent.
 * The caller holds the repository's turn, so the difference is that push's alone.
 */
import { git, gitOrUndefined } from "../git/git.ts";
import { type CommitInfo, listCommits, readCommit } from "../git/history.ts";
import { branchTip, emailOf, listRefs } from "../git/repository.ts";
import { simpleCommit } from "../serialise/commit.ts";
import { pageUrl } from "../serialise/repository.ts";
import type { Issue, Repository } from "../store/model.ts";
import { pullsOf, timestamp } from "../store/store.ts";
import { emit } from "../webhooks/emit.ts";
import { inTurn, type World } from "../world.ts";
import type { By } from "./by.ts";

import { closeIssue, emitIssue, isPull } from "./issues.ts";
import { outdateComments } from "./review-comments.ts";
import { suiteOfPush } from "./suites.ts";

const noSha = "0".repeat(40);
/** GitHub names at most this many commits in one push event. */
const maxCommits = 20;

/** Runs something that moves refs and then tells what it moved. */
export function pushing<T>(world: World, repo: Repository, by: By, deed: () => Promise<T>): Promise<T> {
  return inTurn(world, repo.id, async () => {
    const before = await listRefs(repo.dir);
    const result = await deed();
    const after = await listRefs(repo.dir);
    for (const ref of new Set([...before.keys(), ...after.keys()])) {
      const [from, to] = [before.get(ref) ?? noSha, after.get(ref) ?? noSha];
      if (from !== to) await moved(world, repo, by, ref, from, to);
    }
    return result;
  });
}

async function moved(world: World, repo: Repository, by: By, ref: string, from: string, to: string): Promise<void> {
  repo.pushedAt = repo.updatedAt = timestamp();
  const [, kind = "", name = ""] = /^refs\/(heads|tags)\/(.+)$/.exec(ref) ?? [];
  if (kind === "") return;
  const refType = kind === "heads" ? "branch" : "tag";
  await emitPush(world, repo, by, ref, from, to);
  if (from === noSha) {
    const payload = { ref: name, ref_type: refType, master_branch: repo.defaultBranch, description: null };
    emit(world, repo, "create", { ...payload, pusher_type: "user" }, by.account);
  }
  if (to === noSha) emit(world, repo, "delete", { ref: name, ref_type: refType, pusher_type: "user" }, by.account);
  if (kind !== "heads") return;
  if (to !== noSha) await suiteOfPush(world, repo, to, { branch: name, before: from, by });
  await followPulls(world, repo, by, name, from, to);
}

async function pushCommit(repo: Repository, world: World, commit: CommitInfo) {
  const names = await git(repo.dir, ["diff-tree", "-r", "--root", "--no-commit-id", "--name-status", "-z", commit.sha]);
  const fields = names.split("\0");
  const paths = (letter: RegExp) => fields.filter((_, at) => at % 2 === 1 && letter.test(fields[at - 1] ?? ""));
  return {
    ...simpleCommit(commit),
    distinct: true,
    url: `${pageUrl(world, repo)}/commit/${commit.sha}`,
    added: paths(/^A/),
    removed: paths(/^D/),
    modified: paths(/^[MT]/),
  };
}

async function emitPush(world: World, repo: Repository, by: By, ref: string, from: string, to: string): Promise<void> {
  const deleted = to === noSha;
  const tip = deleted ? undefined : await gitOrUndefined(repo.dir, ["rev-parse", "--verify", `${to}^{commit}`]);
  const head = tip ? await readCommit(repo.dir, tip.trim()) : undefined;
  const base = from === noSha ? await newBranchBase(repo, to) : from;
  const range = base === undefined ? head?.sha : `${base}..${head?.sha}`;
  const listed = head && range ? (await listCommits(repo.dir, range, maxCommits)).reverse() : [];
  const forced =
    !deleted &&
    from !== noSha &&
    (await gitOrUndefined(repo.dir, ["merge-base", "--is-ancestor", from, to])) === undefined;
  const payload = {
    ref,
    before: from,
    after: to,
    base_ref: null,
    created: from === noSha,
    deleted,
    forced,
    compare: `${pageUrl(world, repo)}/compare/${from.slice(0, 12)}...${to.slice(0, 12)}`,
    commits: await Promise.all(listed.map((commit) => pushCommit(repo, world, commit))),
    head_commit: head ? await pushCommit(repo, world, head) : null,
    pusher: { name: by.account.login, email: emailOf(by.account) },
  };
  emit(world, repo, "push", payload, by.account);
}

/** A new branch names the commits that the default branch has not; a new default branch names all. */
async function newBranchBase(repo: Repository, to: string): Promise<string | undefined> {
  const tip = await branchTip(repo.dir, repo.defaultBranch);
  return tip === to ? undefined : tip;
}

/** Open pull requests follow head and base; a deleted head branch closes them, as GitHub does. */
async function followPulls(world: World, repo: Repository, by: By, branch: string, from: string, to: string) {
  for (const base of world.store.repositories.values())
    for (const issue of pullsOf(base)) {
      const { pull } = issue;
      if (!pull || issue.state !== "open") continue;
      if (pull.headRepositoryId === repo.id && pull.headRef === branch)
        await followHead(world, base, issue, by, from, to);
      else if (base === repo && pull.baseRef === branch && to !== noSha) pull.baseSha = to;
    }
}

async function followHead(world: World, base: Repository, issue: Issue, by: By, from: string, to: string) {
  const { pull } = issue;
  if (!pull) return;
  if (to === noSha) return closeIssue(world, base, issue, by);
  await keepPullRef(world, base, issue, to);
  pull.headSha = to;
  issue.updatedAt = timestamp();
  if (isPull(issue)) await outdateComments(base, issue);
  await emitIssue(world, base, issue, "synchronize", by, { before: from, after: to });
}

/** refs/pull/N/head keeps the commits of a pull request alive in the base repository, also those of a fork. */
export async function keepPullRef(world: World, base: Repository, issue: Issue, sha: string): Promise<void> {
  const head = issue.pull && world.store.repositories.get(issue.pull.headRepositoryId);
  if (head && head !== base) await git(base.dir, ["fetch", "--quiet", "--no-tags", head.dir, sha]);
  await git(base.dir, ["update-ref", `refs/pull/${issue.number}/head`, sha]);
}
