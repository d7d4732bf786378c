/**
 * Where a task's checks run: a workspace of its own, made anew for each from what would be published, which no agent has ever
 * seen. Its repository holds the objects that the host took and examined, its tree is their checkout, home and temporary folder
 * are empty. What a check leaves goes with it.
 */
import { closeSync, existsSync, mkdirSync, openSync, renameSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isTaskId } from "../../src/task/task-id.ts";
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

/** What is being removed, by the folder in whose place it stood. */
const removals = new Map<string, Promise<void>>();

/** One that stood there before; the next life of the host finds it by its name. */
const asideOf = (dir: string): string => `${dir}.old`;

/**
 * Makes room without waiting for the files of an earlier one: they are moved aside, and removed meanwhile. Never more than one lies
 * aside: the next waits for that.
 */
async function putAside(dir: string): Promise<void> {
  await removals.get(dir)?.catch(() => undefined); // what is left of it goes now, or says why not
  await removeOwned(asideOf(dir));
  if (!existsSync(dir)) return;
  renameSync(dir, asideOf(dir));
  const removal = removeOwned(asideOf(dir)).finally(() => removals.delete(dir));
  removal.catch(() => undefined); // whoever removes the workspace tries again, and says why not
  removals.set(dir, removal);
}

/**
 * Makes it, in the place of one that stands there.
 * @throws TooLarge; Error when the disk does not take it
 */
export async function layCheckWorkspace(options: CheckWorkspaceOptions, objects: CheckedObjects): Promise<Workspace> {
  const { user } = options;
  const workspace = checkWorkspaceOf(options);
  await putAside(workspace.dir);
  await guardTree({ dir: objects.quarantineDir }, workspace.baseSha);
  mkdirSync(workspace.dir, { mode: 0o700 });
  writeTaskRepository(workspace, objects.mirror, user);
  await givePacks(objects.quarantineDir, workspace, user);
  await checkOut(workspace, user);
  return workspace;
}

/** Safe to repeat; one that is not there is fine. */
export async function removeCheckWorkspace({ dataDir, taskId }: { dataDir: string; taskId: string }): Promise<void> {
  const dir = checkDir(dataDir, taskId);
  await removals.get(dir)?.catch(() => undefined);
  await removeOwned(asideOf(dir));
  await removeOwned(dir);
}

/** Which task's checks a folder among theirs is of; undefined of what is none of ours. */
export function taskOfCheckFolder(name: string): string | undefined {
  const id = name.replace(/\.old$/, "");
  return isTaskId(id) ? id : undefined;
}

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
