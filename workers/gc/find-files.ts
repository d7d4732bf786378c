/**
 * Files and folders that programs left which were killed: half-made mirrors, torn packs, locks of git, folders to talk back in. A host that is at
 * work clears them up itself, and only it knows which of them are in use: beside one, nothing here is anybody's business.
 */
import { existsSync, lstatSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { mirrorsDir, setupsDir } from "../workspace/host-folders.ts";
import type { GcGround, Leftover, LeftoverKind } from "./leftover.ts";

/** Whoever made it may be a moment older than the lock that says that nobody is at work. */
const HOUR_MS = 3600_000;

export async function findFiles(ground: GcGround): Promise<Leftover[]> {
  if (ground.beside) return [];
  const { dataDir, records } = ground;
  const piece = (kind: LeftoverKind, path: string): Leftover => ({
    kind,
    name: relative(dataDir, path),
    mayGo: async () => true,
    remove: () => rm(path, { recursive: true, force: true }),
    isThere: async () => existsSync(path),
  });
  const runs = records.runFolders();
  const talk = await listed(join(dataDir, "host", "talk"));
  const passing = (await listed(setupsDir(dataDir))).filter((path) => /\/\.[^/]+$/.test(path));
  const folders = [...talk.filter((path) => !runs.has(path.slice(path.lastIndexOf("/") + 1))), ...passing];
  const mirrors = (await listed(mirrorsDir(dataDir))).map(async (path) => {
    if (/\/\d+\.git\.new-[^/]*$/.test(path)) return [path];
    return /\/\d+\.git$/.test(path) ? await tornIn(path) : [];
  });
  const torn = (await Promise.all(mirrors)).flat().filter(isOld);
  return [...torn.map((path) => piece("mirror", path)), ...folders.map((path) => piece("folder", path))];
}

/** A lock that outlives its git keeps every later one from that file. */
async function tornIn(mirror: string): Promise<string[]> {
  const packs = (await listed(join(mirror, "objects", "pack"))).filter((path) => /\/tmp_[^/]*$/.test(path));
  const refs = await readdir(join(mirror, "refs"), { recursive: true }).catch(() => []);
  const files = [...(await listed(mirror)), ...refs.map((name) => join(mirror, "refs", name))];
  return [...packs, ...files.filter((path) => path.endsWith(".lock"))];
}

const isOld = (path: string): boolean => {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found !== undefined && found.mtimeMs < Date.now() - HOUR_MS;
};

async function listed(dir: string): Promise<string[]> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return []; // none was ever made
    throw error;
  });
  return names.map((name) => join(dir, name));
}
