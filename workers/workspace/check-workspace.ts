/**
 * Where a task's checks run: a workspace of its own, made anew for each from what would be published, which no agent has ever
 * seen. Its repository holds the objects that the host took and examined, its tree is their checkout, home and temporary folder
 * are empty. What a check leaves goes with it.
 */
import { closeSync, mkdirSync, openSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { runProgram } from "../run-program.ts";
import { SEARCH_PATH } from "../sandbox/find-program.ts";
import type { SlotUser } from "../sandbox/sandbox.ts";
import { checkDir, checkSha } from "./host-folders.ts";
import type { Mirror } from "./mirror.ts";
import { removeOwned } from "./remove-workspace.ts";
import { asSlotUser } from "./slot-user.ts";
import { guardTree } from "./tree-guard.ts";
import { checkOut, pathsOf, type Workspace } from "./workspace.ts";
import { writeTaskRepository } from "./write-worktree.ts";

export type CheckWorkspaceOptions = {
  dataDir: string;
  taskId: string;
  user: SlotUser;
  /** The agent's: its branch is checked out here, too, and both are seen at the same path. */
  workspace: Workspace;
  /** The commit to check. */
  tip: string;
};

/** Its objects: a repository of the host's that holds those of the work, and the mirror that this one borrows from. */
export type CheckedObjects = { quarantineDir: string; mirror: Mirror };

const COPY_MS = 5 * 60_000;

/** Where it is, whether it stands or not. */
export function checkWorkspaceOf({ dataDir, taskId, workspace, tip }: Omit<CheckWorkspaceOptions, "user">): Workspace {
  const paths = pathsOf(checkDir(dataDir, taskId));
  // Without a sandbox both are seen at their own paths.
  const inside = workspace.inside.dir === workspace.dir ? paths : workspace.inside;
  return { ...paths, inside, branch: workspace.branch, baseSha: checkSha(tip) };
}

/**
 * Makes it, in the place of one that stands there.
 * @throws TooLarge; Error when the disk does not take it
 */
export async function layCheckWorkspace(options: CheckWorkspaceOptions, objects: CheckedObjects): Promise<Workspace> {
  const { user } = options;
  const workspace = checkWorkspaceOf(options);
  await removeOwned(workspace.dir);
  await guardTree({ dir: objects.quarantineDir }, workspace.baseSha);
  mkdirSync(workspace.dir, { mode: 0o700 });
  writeTaskRepository(workspace, objects.mirror, user);
  await givePacks(objects.quarantineDir, workspace, user);
  await checkOut(workspace, user);
  return workspace;
}

/** Safe to repeat; one that is not there is fine. */
export const removeCheckWorkspace = ({ dataDir, taskId }: { dataDir: string; taskId: string }): Promise<void> =>
  removeOwned(checkDir(dataDir, taskId));

/** The user reads none of the host's folders, and the host writes in none of his: he is handed the open files. */
async function givePacks(quarantineDir: string, workspace: Workspace, user: SlotUser): Promise<void> {
  const from = join(quarantineDir, "objects", "pack");
  const names = (await readdir(from)).filter((name) => /^pack-[0-9a-f]{40}\.(pack|idx)$/.test(name));
  // A pack counts from when its index is there.
  for (const name of names.sort().reverse())
    await give(user, join(from, name), join(workspace.repositoryDir, "objects", "pack", name));
}

async function give(user: SlotUser, from: string, to: string): Promise<void> {
  const inputFile = openSync(from, "r");
  try {
    const done = await runProgram({
      ...asSlotUser(user, ["sh", "-c", 'umask 077 && exec cat >"$1"', "give", to]),
      cwd: "/",
      env: { PATH: SEARCH_PATH, LC_ALL: "C" },
      inputFile,
      timeoutMs: COPY_MS,
    });
    if (done.exitCode !== 0) throw new Error(`Copying ${to} failed: ${done.stderr.trim().slice(-300)}`);
  } finally {
    closeSync(inputFile);
  }
}
