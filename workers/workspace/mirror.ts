/**
 * A mirror is the host's trusted bare copy of one repository. Only host git writes to it; agents read its objects and nothing
 * else. It is never garbage collected while tasks borrow its objects.
 */
import { randomBytes } from "node:crypto";
import { access, chmod, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeBareRepository } from "./bare-repository.ts";
import { HARDENED } from "./git.ts";
import { CREDENTIAL_HELPER } from "./git-access.ts";
import { mirrorDir } from "./host-folders.ts";

/** `dir`: the bare repository, absolute. */
export type Mirror = { dir: string };

const SETTINGS = [
  ["core.repositoryformatversion", "0"],
  ["core.filemode", "true"],
  ["core.bare", "true"],
  ["core.symlinks", "false"],
  // Slot users read the objects through their alternates, whatever umask the host was started with.
  ["core.sharedRepository", "0644"],
  ...HARDENED,
  ["protocol.allow", "never"],
  ["protocol.https.allow", "always"],
  ["http.lowSpeedLimit", "1000"],
  ["http.lowSpeedTime", "60"],
  ["credential.helper", ""],
  ["credential.helper", CREDENTIAL_HELPER],
] as const;

/** The mirror of a repository, made (empty) when this host has none. Safe to call from many tasks at once. */
export async function openMirror(dataDir: string, repoId: number): Promise<Mirror> {
  const dir = await mirrorDir(dataDir, repoId);
  if (await exists(dir)) return { dir };
  const draft = `${dir}.new-${randomBytes(6).toString("hex")}`;
  await writeBareRepository(draft, SETTINGS);
  // core.sharedRepository speaks for what git makes later; these were made by us, under any umask.
  for (const folder of [".", "objects", "objects/info", "objects/pack"]) await chmod(join(draft, folder), 0o755);
  try {
    await rename(draft, dir); // a repository appears whole or not at all
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (!(await exists(dir))) throw error; // otherwise another task was first
  }
  return { dir };
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
