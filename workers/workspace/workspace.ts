/**
 * The workspace of a task: a repository of its own and a worktree in it, owned by the slot's user, with objects borrowed
 * read-only from the mirror. The agent may do to it whatever it likes; the host never runs git in it again.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../run-program.ts";
import type { Mount, SlotUser } from "../sandbox/sandbox.ts";
import { isBranchName, localBranchName } from "./branch-name.ts";
import { gitEnvironment, hardenedOptions } from "./git.ts";
import { checkSha, workspaceDir } from "./host-folders.ts";
import type { Mirror } from "./mirror.ts";
import { readRecord, removeRecord, writeRecord } from "./record.ts";
import { removeWorkspace } from "./remove-workspace.ts";
import { asSlotUser } from "./slot-user.ts";
import { guardTree } from "./tree-guard.ts";
import { writeInWorkspace } from "./write-in-workspace.ts";
import { PACKED_REFS, worktreeGitDir, writeTaskRepository } from "./write-worktree.ts";

/** Where the parts of a workspace are, absolute. */
export type WorkspacePaths = { dir: string; repositoryDir: string; treeDir: string; homeDir: string; tmpDir: string };

/**
 * The paths are the host's. `inside`: the same places as programs in the task's sandbox see them; only those mean anything
 * there. `branch`: the local one, checked out in `treeDir`. `baseSha`: the commit that the work started from.
 */
export type Workspace = WorkspacePaths & { inside: WorkspacePaths; branch: string; baseSha: string };

export type WorkspaceOptions = {
  dataDir: string;
  taskId: string;
  mirror: Mirror;
  /** Full commit id, fetched into the mirror before. */
  sha: string;
  /** `orch/...`, or a pull request's head; an odd name is replaced by a neutral local one. */
  branch: string;
  user: SlotUser;
  /** Where the driver's sandboxes show it; undefined where it is seen at its own path. */
  seenAt: string | undefined;
  /** What its repository knows besides its branch (see `packedRefs`). */
  refs?: string | undefined;
};

/** The disk may be slow and the tree large (up to 2 GB). */
const CHECKOUT_MS = 10 * 60_000;

/**
 * git writes the files with two processes. Measured on 2 cores against one, median: ext4, 500 files 225 for 400 ms, 10,000
 * files 1,106 for 2,498 ms; tmpfs, 27 for 28 and 345 for 416 ms.
 */
const SIDE_BY_SIDE = ["-c", "checkout.workers=2"];

export const pathsOf = (dir: string): WorkspacePaths => ({
  dir,
  repositoryDir: join(dir, "repo.git"),
  treeDir: join(dir, "tree"),
  homeDir: join(dir, "home"),
  tmpDir: join(dir, "tmp"),
});

/** The task's workspace, if it is whole and belongs to this user: nothing is made and nothing removed. */
export function findWorkspace(
  options: Pick<WorkspaceOptions, "dataDir" | "taskId" | "user" | "seenAt">,
): Workspace | undefined {
  const dir = workspaceDir(options.dataDir, options.taskId);
  const record = readRecord(dir);
  if (!record || record.uid !== options.user.uid) return undefined;
  // One that was made to be seen at its own path, by an older Orch or without a sandbox, is seen there ever after.
  const inside = pathsOf((record.seenAt && options.seenAt) ?? dir);
  return { ...pathsOf(dir), inside, branch: record.branch, baseSha: record.baseSha };
}

/**
 * The workspace of the task. One that is whole and belongs to the same user is given back as it is, with the branch and base
 * that it was made for: the run goes on where the last one stopped. A half-made one, or another slot's, is made anew.
 * @throws TooLarge; Error when the checkout fails (nothing is left behind then)
 */
export async function createWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const found = findWorkspace(options);
  if (found) return found;
  await removeWorkspace(options);
  return await fillWorkspace(layWorkspace(options), options);
}

/**
 * The workspace with all its folders and without its files: it counts as half-made until it is filled. None may stand there.
 * @throws Error when the branch's name is none, or the disk does not take it
 */
export function layWorkspace(options: WorkspaceOptions): Workspace {
  const { dataDir, taskId, mirror, user } = options;
  const sha = checkSha(options.sha);
  if (!isBranchName(options.branch)) throw new Error(`Not a branch name: ${JSON.stringify(options.branch)}`);
  const paths = pathsOf(workspaceDir(dataDir, taskId));
  const inside = pathsOf(options.seenAt ?? paths.dir);
  const workspace = { ...paths, inside, branch: localBranchName(options.branch, taskId), baseSha: sha };
  mkdirSync(paths.dir, { mode: 0o700 });
  writeTaskRepository(workspace, mirror, user, options.refs);
  return workspace;
}

/**
 * Checks the files of a laid workspace out.
 * @throws TooLarge; Error when the checkout fails (nothing is left behind then)
 */
export async function fillWorkspace(workspace: Workspace, options: WorkspaceOptions): Promise<Workspace> {
  const { mirror, user } = options;
  try {
    await guardTree(mirror, workspace.baseSha);
    await checkOut(workspace, user);
    noteWhole(workspace, user);
  } catch (error) {
    await removeWorkspace(options);
    throw error;
  }
  return workspace;
}

/**
 * Moves a workspace that no agent has seen yet to another commit; only the files that differ are written. Needs the
 * mirror to have the commit. A move that breaks off leaves a workspace that counts as half-made.
 * @throws TooLarge; Error when the checkout fails
 */
export async function moveWorkspace(
  workspace: Workspace,
  to: { mirror: Mirror; sha: string; user: SlotUser },
): Promise<Workspace> {
  const sha = checkSha(to.sha);
  await guardTree(to.mirror, sha);
  removeRecord(workspace.dir);
  await writeInWorkspace(to.user, join(workspace.repositoryDir, "refs", "heads", workspace.branch), `${sha}\n`);
  await checkOut(workspace, to.user);
  const moved = { ...workspace, baseSha: sha };
  noteWhole(moved, to.user);
  return moved;
}

/** Brings what the repository of such a workspace knows besides its branch to another state. */
export async function rewriteRefs(
  workspace: Workspace,
  { refs, user }: { refs: string; user: SlotUser },
): Promise<void> {
  await writeInWorkspace(user, join(workspace.repositoryDir, PACKED_REFS), refs);
}

function noteWhole({ dir, inside, branch, baseSha }: Workspace, { uid }: SlotUser): void {
  const seenAt = inside.dir === dir ? undefined : inside.dir;
  writeRecord(dir, { branch, baseSha, uid, seenAt });
}

/** As the slot's user, so that the files are born with the right owner and a hostile tree meets no powers. */
export async function checkOut(paths: { repositoryDir: string; treeDir: string }, user: SlotUser): Promise<void> {
  const where = [`--git-dir=${worktreeGitDir(paths.repositoryDir)}`, `--work-tree=${paths.treeDir}`];
  const command = asSlotUser(user, [
    "git",
    ...hardenedOptions(),
    ...SIDE_BY_SIDE,
    ...where,
    "read-tree",
    "-u",
    "--reset",
    "HEAD",
  ]);
  const done = await runProgram({
    ...command,
    cwd: paths.treeDir,
    env: { ...gitEnvironment(), GIT_CONFIG_GLOBAL: "/dev/null" },
    timeoutMs: CHECKOUT_MS,
  });
  if (done.exitCode === 0) return;
  const why = done.timedOut ? `it took longer than ${CHECKOUT_MS / 60_000} minutes` : done.stderr.trim().slice(-500);
  throw new Error(`Checking out the files failed: ${why}`);
}

/**
 * What the sandbox must show to a program that works in the workspace: all of it, parts that stand elsewhere in their places,
 * and the objects that it borrows.
 */
export function workspaceMounts(workspace: Workspace, mirror: Mirror): Mount[] {
  const { dir, inside } = workspace;
  const own = pathsOf(dir);
  const parts = (["treeDir", "homeDir", "tmpDir"] as const).filter((part) => workspace[part] !== own[part]);
  const elsewhere = parts.map((part) => ({ source: workspace[part], target: inside[part], writable: true }));
  const objects = [join(mirror.dir, "objects"), ...(mirror.borrows ?? [])].map((source) => ({ source }));
  return [{ source: dir, target: inside.dir, writable: true }, ...elsewhere, ...objects];
}
