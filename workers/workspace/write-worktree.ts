/**
 * The task's own repository and its one worktree, written as files. `git worktree add -b` would start four processes (itself,
 * branch, symbolic-ref, reset); with the registration written by hand, one `read-tree` remains. The format is that of
 * gitrepository-layout(5), "worktrees/"; a test holds the result against a real `git worktree add --no-track -b`.
 */
import { chownSync, mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { writeBareRepository } from "./bare-repository.ts";
import type { Mirror } from "./mirror.ts";
import type { Owner } from "./slot-user.ts";
import type { Workspace } from "./workspace.ts";

/** The repository's own folder for its one worktree: the git directory of all commands in it. */
export const worktreeGitDir = (repositoryDir: string) => join(repositoryDir, "worktrees", "tree");

/** Where a repository keeps what it knows besides its branch (see `packedRefs`). */
export const PACKED_REFS = "packed-refs";

/** Commits need some identity; who is really named in what gets published is decided there, not here. */
const SETTINGS = [
  ["core.repositoryformatversion", "0"],
  ["core.filemode", "true"],
  ["core.bare", "true"],
  ["user.name", "Orch agent"],
  ["user.email", "agent@orch.invalid"],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
] as const;

/**
 * Fills the empty folder `dir`: repository on `branch` at `sha`, objects borrowed from the mirror, an empty tree to check out
 * into, `home` and `tmp`. `refs`: what it knows besides that branch. Everything, `dir` last, then belongs to `owner`; until then nobody else can reach into it.
 */
export function writeTaskRepository(task: Workspace, mirror: Mirror, owner: Owner, refs = ""): void {
  const made = writeBareRepository(task.repositoryDir, SETTINGS, {
    "objects/info/alternates": `${join(mirror.dir, "objects")}\n`,
    [`refs/heads/${task.branch}`]: `${task.baseSha}\n`,
    ...(refs !== "" && { [PACKED_REFS]: refs }),
    "worktrees/tree/HEAD": `ref: refs/heads/${task.branch}\n`,
    "worktrees/tree/commondir": "../..\n",
    // Absolute: git before 2.48 reads it so, and takes a worktree that it does not find there for one to prune.
    "worktrees/tree/gitdir": `${join(task.inside.treeDir, ".git")}\n`,
  });
  const link = join(task.treeDir, ".git");
  mkdirSync(task.treeDir, { mode: 0o755 });
  // Relative, so that it leads there from outside the sandbox as well as inside.
  writeFileSync(link, `gitdir: ${relative(task.treeDir, worktreeGitDir(task.repositoryDir))}\n`, { flag: "wx" });
  const privateFolders = [task.homeDir, task.tmpDir];
  for (const folder of privateFolders) mkdirSync(folder, { mode: 0o700 });
  const { uid } = owner;
  if (uid === undefined) return;
  const all = [...made, task.treeDir, link, ...privateFolders];
  for (const path of [...all, task.dir]) chownSync(path, uid, owner.gid ?? uid);
}
