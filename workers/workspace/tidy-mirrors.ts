/**
 * Keeps mirrors quick over thousands of tasks: each leaves a pack or two and a ref behind, and git looks into every pack
 * for every object. Packs are joined geometrically (git-repack(1)), which never drops an object, not even one that no
 * ref names: the repositories of running tasks borrow them, and find them in the new pack.
 */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "pino";
import { mirrorGit } from "./git.ts";
import { mirrorsDir } from "./host-folders.ts";
import type { Mirror } from "./mirror.ts";
import { whileWriting } from "./mirror-writers.ts";

export type Tidying = {
  dataDir: string;
  /** Whether the task runs here now: its refs stay. */
  isLive: (taskId: string) => boolean;
  log: Logger;
  /** A mirror with more packs than this is repacked. */
  maxPacks?: number;
};

const MAX_PACKS = 50;
const REPACK_MS = 10 * 60_000;

/** Never throws: what fails is logged and tried again at the next round. */
export async function tidyMirrors({ dataDir, isLive, log, maxPacks = MAX_PACKS }: Tidying): Promise<void> {
  const dir = mirrorsDir(dataDir);
  for (const name of await readdir(dir)) {
    if (!/^\d+\.git$/.test(name)) continue;
    const mirror = { dir: join(dir, name) };
    try {
      await forgetTasks(mirror, isLive);
      await joinPacks(mirror, maxPacks);
    } catch (error) {
      log.warn({ err: error, mirror: name }, "a mirror could not be tidied; trying again later");
    }
  }
}

/** Refs of a mirror are never packed, so a task's are its folder (see collect.ts). */
async function forgetTasks(mirror: Mirror, isLive: (taskId: string) => boolean): Promise<void> {
  const refs = join(mirror.dir, "refs", "orch");
  const tasks = await readdir(refs).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  for (const task of tasks) if (!isLive(task)) await rm(join(refs, task), { recursive: true, force: true });
}

async function joinPacks(mirror: Mirror, maxPacks: number): Promise<void> {
  const packs = (await readdir(join(mirror.dir, "objects", "pack"))).filter((name) => name.endsWith(".pack"));
  if (packs.length <= maxPacks) return;
  const git = mirrorGit(mirror.dir, { signal: AbortSignal.timeout(REPACK_MS) });
  await whileWriting(mirror, () => git.raw(["repack", "--geometric=2", "-d", "--quiet"]));
}
