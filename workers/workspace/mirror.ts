/**
 * A mirror is the host's trusted bare copy of one repository. Only host git writes to it; agents read its objects and nothing
 * else. No object is ever dropped from it, because tasks borrow them.
 */
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { writeBareRepository } from "./bare-repository.ts";
import { HARDENED } from "./git.ts";
import { CREDENTIAL_HELPER } from "./git-access.ts";
import { mirrorDir } from "./host-folders.ts";

/**
 * `dir`: the bare repository, absolute. `borrows`: further folders of objects, on which its own rest; set where it is a plan's store,
 * which stands for the mirror to whoever works on a node of the plan.
 */
export type Mirror = { dir: string; borrows?: readonly string[] };

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

/** The mirror of a repository, made (empty) when this host has none. */
export function openMirror(dataDir: string, repoId: number): Mirror {
  const dir = mirrorDir(dataDir, repoId);
  if (existsSync(dir)) return { dir };
  makeHostRepository(dir);
  return { dir };
}

/** A bare repository for host git, with the settings of a mirror. It appears whole or not at all. */
export function makeHostRepository(dir: string, extra: Readonly<Record<string, string>> = {}): void {
  const draft = `${dir}.new-${randomBytes(6).toString("hex")}`;
  writeBareRepository(draft, SETTINGS, extra);
  // core.sharedRepository speaks for what git makes later; these were made by us, under any umask.
  for (const folder of [".", "objects", "objects/info", "objects/pack"]) chmodSync(join(draft, folder), 0o755);
  for (const file of Object.keys(extra)) chmodSync(join(draft, file), 0o644);
  renameSync(draft, dir);
}
