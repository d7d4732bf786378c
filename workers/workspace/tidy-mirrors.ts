/**
 * Keeps mirrors quick over thousands of fetches: each may leave a pack behind, and git looks into every pack for every
 * object. Packs are joined geometrically (git-repack(1)), which never drops an object, not even one that no
 * ref names: the repositories of running tasks borrow them, and find them in the new pack. Refs of our own branches go
 * when nobody has come back to them: each task leaves one.
 */
import { readdir, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Logger } from "pino";
import { mirrorRef } from "./branch-name.ts";
import { mirrorGit } from "./git.ts";
import { mirrorsDir } from "./host-folders.ts";
import type { Mirror } from "./mirror.ts";
import { whileWriting } from "./mirror-writers.ts";

export type Tidying = {
  dataDir: string;
  log: Logger;
  /** A mirror with more packs than this is repacked. */
  maxPacks?: number;
};

const MAX_PACKS = 50;
const REPACK_MS = 10 * 60_000;

/** Never throws: what fails is logged and tried again at the next round. */
export async function tidyMirrors({ dataDir, log, maxPacks = MAX_PACKS }: Tidying): Promise<void> {
  const dir = mirrorsDir(dataDir);
  for (const name of await readdir(dir)) {
    const path = join(dir, name);
    try {
      // A mirror is made in one go: a draft that is seen here was left by a host that died over it.
      if (/^\d+\.git\.new-/.test(name)) await rm(path, { recursive: true, force: true });
      else if (/^\d+\.git$/.test(name)) {
        await joinPacks({ dir: path }, maxPacks);
        await forgetOldBranches({ dir: path });
      }
    } catch (error) {
      log.warn({ err: error, mirror: name }, "a mirror could not be tidied; trying again later");
    }
  }
}

/** So long after its last fetch the ref of a branch of ours is kept, ms; without it the next fetch asks for a little more. */
const KEEP_BRANCH_MS = 7 * 24 * 3600_000;

async function forgetOldBranches(mirror: Mirror): Promise<void> {
  const [dir, ours] = [dirname(join(mirror.dir, mirrorRef("main"))), basename(mirrorRef("orch/"))];
  const all = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const names = all.filter((name) => name.startsWith(ours));
  const before = Date.now() - KEEP_BRANCH_MS;
  await whileWriting(mirror, async () => {
    for (const name of names) if ((await stat(join(dir, name))).mtimeMs < before) await rm(join(dir, name));
  });
}

async function joinPacks(mirror: Mirror, maxPacks: number): Promise<void> {
  const packs = (await readdir(join(mirror.dir, "objects", "pack"))).filter((name) => name.endsWith(".pack"));
  if (packs.length <= maxPacks) return;
  const git = mirrorGit(mirror.dir, { signal: AbortSignal.timeout(REPACK_MS) });
  await whileWriting(mirror, () => git.raw(["repack", "--geometric=2", "-d", "--quiet"]));
}
