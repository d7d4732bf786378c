/**
 * Moves a branch by compare-and-set, by the protocol of git's own files: whoever has made `<ref>.lock` may write, and renaming it moves
 * the branch. `git update-ref` would do the same and cost a process for each merge. When this resolves, a power cut takes the move
 * back no more; and as the folder of packs is on the disk before the branch is, it never stands on objects that are lost.
 */
import { readFileSync, rmSync, statSync } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { checkSha } from "../workspace/host-folders.ts";

/** `ref`: one with a file of its own, never packed. */
export type Move = { dir: string; ref: string; from: string; to: string };

/** A lock that is older was left by somebody who was killed. */
const LOCK_MS = 5_000;
const LOCK_WAIT_MS = 250;

export const readRef = (dir: string, ref: string): string => checkSha(readFileSync(join(dir, ref), "utf8").trim());

/** False when the branch is not at `from`. */
export async function moveRef({ dir, ref, from, to }: Move): Promise<boolean> {
  const [file, lock] = [join(dir, ref), join(dir, `${ref}.lock`)];
  await syncFolder(join(dir, "objects", "pack"));
  const handle = await takeLock(lock);
  let isMoved = false;
  try {
    await handle.writeFile(`${checkSha(to)}\n`);
    await handle.chmod(0o644);
    await handle.sync();
    if (readRef(dir, ref) !== checkSha(from)) return false;
    await rename(lock, file);
    isMoved = true;
  } finally {
    await handle.close();
    if (!isMoved) await rm(lock, { force: true });
  }
  await syncFolder(dirname(file));
  return true;
}

async function takeLock(lock: string): Promise<FileHandle> {
  for (;;) {
    try {
      return await open(lock, "wx", 0o644);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const left = statSync(lock, { throwIfNoEntry: false });
    if (left && Date.now() - left.mtimeMs > LOCK_MS) rmSync(lock, { force: true });
    else if (left) await delay(LOCK_WAIT_MS);
  }
}

/** What was put into a folder, or renamed in it, is on the disk then. */
async function syncFolder(dir: string): Promise<void> {
  const handle = await open(dir, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
