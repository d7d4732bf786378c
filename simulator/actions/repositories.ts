/** Making, forking, archiving repositories, and writing to their branches. */
import { join } from "node:path";
import { git } from "../git/git.ts";
import { branchTip, copyRepository, type FileContent, initRepository, writeCommit } from "../git/repository.ts";
import { ApiError } from "../routes/reply.ts";
import type { Account, Repository } from "../store/model.ts";
import { fullName, repositoryByName, timestamp } from "../store/store.ts";
import { emit } from "../webhooks/emit.ts";
import type { World } from "../world.ts";
import type { By } from "./by.ts";
import { pushing } from "./pushes.ts";

export function demandFreeName(world: World, owner: Account, name: string): void {
  if (!/^[A-Za-z0-9._-]{1,100}$/.test(name) || /^\.{1,2}$|\.git$/.test(name))
    throw new Error(`bad repository name: ${name}`);
  if (repositoryByName(world.store, owner.login, name)) throw new Error(`${owner.login}/${name} exists already`);
}

function record(world: World, owner: Account, name: string, isPrivate: boolean): Repository {
  demandFreeName(world, owner, name);
  const id = world.store.nextId("repository");
  const now = timestamp();
  return {
    id,
    owner,
    name,
    private: isPrivate,
    archived: false,
    defaultBranch: "main",
    dir: join(world.dataDir, "repositories", `${id}.git`),
    createdAt: now,
    updatedAt: now,
    pushedAt: now,
    roles: new Map(),
    labels: [],
    issues: new Map(),
    comments: new Map(),
    reviews: new Map(),
    reviewComments: new Map(),
    resolvedThreads: new Map(),
    checkSuites: [],
    autoSuites: true,
    checkRuns: [],
    statuses: [],
    requiredChecks: [],
    renamedBranches: new Map(),
    movedIssues: new Map(),
    drafts: true,
    rules: { signedCommits: false },
  };
}

/** From now on the name means this one, whatever had it before. */
function keep(world: World, repo: Repository): Repository {
  world.store.repositories.set(repo.id, repo);
  world.store.oldNames.delete(fullName(repo).toLowerCase());
  return repo;
}

/** A repository with one commit, or without any when `files` is empty. No events: nobody is subscribed yet. */
export async function createRepository(
  world: World,
  owner: Account,
  options: { name: string; private: boolean; files: Record<string, FileContent>; author: Account },
): Promise<Repository> {
  const repo = record(world, owner, options.name, options.private);
  await initRepository(repo.dir, repo.defaultBranch);
  const { files, author } = options;
  if (Object.keys(files).length > 0)
    await writeCommit(repo.dir, { branch: repo.defaultBranch, files, message: "Initial commit", author });
  return keep(world, repo);
}

export async function forkRepository(world: World, parent: Repository, owner: Account): Promise<Repository> {
  const repo = record(world, owner, parent.name, parent.private);
  repo.parentId = parent.id;
  await copyRepository(parent.dir, repo.dir);
  return keep(world, repo);
}

/** One commit on a branch; a missing branch starts at the default branch. Returns the commit's id. */
export function commitFiles(
  world: World,
  repo: Repository,
  by: By,
  change: { branch: string; files: Record<string, FileContent>; message: string },
): Promise<string> {
  return pushing(world, repo, by, async () => {
    const parent = (await branchTip(repo.dir, change.branch)) ?? (await branchTip(repo.dir, repo.defaultBranch));
    return writeCommit(repo.dir, { ...change, parent, author: by.account });
  });
}

export function deleteBranch(world: World, repo: Repository, by: By, branch: string): Promise<void> {
  return pushing(world, repo, by, async () => {
    const tip = await branchTip(repo.dir, branch);
    if (!tip) throw new ApiError(422, "Reference does not exist");
    await git(repo.dir, ["update-ref", "-d", `refs/heads/${branch}`, tip]);
  });
}

export function setArchived(world: World, repo: Repository, archived: boolean): void {
  if (repo.archived === archived) return;
  repo.archived = archived;
  repo.updatedAt = timestamp();
  emit(world, repo, "repository", { action: archived ? "archived" : "unarchived" }, repo.owner);
  world.log(`${fullName(repo)} ${archived ? "archived" : "unarchived"}`);
}
