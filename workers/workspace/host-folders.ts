/**
 * Where a host keeps what it makes: `<data>/host/mirrors/<repository id>.git` and `<data>/host/workspaces/<task id>`. Folders
 * are named by ids only, never by a text from outside, and nothing on the way down may be a symbolic link.
 */
import { chmod, lstat, mkdir, realpath } from "node:fs/promises";
import { join } from "node:path";

/** Passed through by slot users on the way to their own workspace, listed by nobody. */
const PASSAGE = 0o711;

/** The real path of `<data>/host/<name>`, made where it is missing. Throws when a link stands in the way. */
async function hostFolder(dataDir: string, name: "mirrors" | "workspaces"): Promise<string> {
  let path = await realpath(await ensure(dataDir));
  for (const part of ["host", name]) {
    path = await ensure(join(path, part));
    if (!(await lstat(path)).isDirectory()) throw new Error(`${path} must be a folder, not a link or a file.`);
  }
  return path;
}

async function ensure(path: string): Promise<string> {
  const made = await mkdir(path, { recursive: true, mode: PASSAGE });
  if (made !== undefined) await chmod(path, PASSAGE); // the umask may have taken bits away
  return path;
}

/** The mirror's path. Throws when the id is not a positive integer. */
export async function mirrorDir(dataDir: string, repoId: number): Promise<string> {
  if (!Number.isSafeInteger(repoId) || repoId <= 0) throw new Error(`Not a repository id: ${String(repoId)}`);
  return join(await hostFolder(dataDir, "mirrors"), `${repoId}.git`);
}

/** A task's id is `[a-z0-9]`, starts with a letter, and is short: it may become a name anywhere. */
export function checkTaskId(taskId: string): string {
  if (!/^[a-z][a-z0-9]{0,63}$/.test(taskId)) throw new Error(`Not a task id: ${JSON.stringify(taskId)}`);
  return taskId;
}

/** The workspace's path. Throws when the id is not one of a task. */
export async function workspaceDir(dataDir: string, taskId: string): Promise<string> {
  return join(await hostFolder(dataDir, "workspaces"), checkTaskId(taskId));
}

/** A full SHA-1 object name, lower case. Throws for anything else: abbreviations and names of refs mean different things later. */
export function checkSha(sha: string): string {
  if (!/^[0-9a-f]{40}$/.test(sha)) throw new Error(`Not a full commit id: ${JSON.stringify(sha)}`);
  return sha;
}
