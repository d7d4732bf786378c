/**
 * Where a host keeps what it makes: `<data>/host/mirrors/<repository id>.git` and `<data>/host/workspaces/<task id>`,
 * `<data>/host/checks/<task id>`, `<data>/host/plans/<plan>`. Folders are named by ids only, never by a text from outside, and nothing on the way down may
 * be a symbolic link.
 *
 * Here and in the files beside it small files are written synchronously: the sixty calls between a job and its checkout
 * take 3 ms in one go, and 30 ms when each waits for its turn beside requests and programs that are being started.
 */
import { chmodSync, lstatSync, mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";

/** Passed through by slot users on the way to their own workspace, listed by nobody. */
const PASSAGE = 0o711;

/** The real path of `<data>/host/<name>`, made where it is missing. Throws when a link stands in the way. */
function hostFolder(dataDir: string, name: "mirrors" | "workspaces" | "checks" | "setups" | "plans"): string {
  let path = realpathSync(ensure(dataDir));
  for (const part of ["host", name]) {
    path = ensure(join(path, part));
    if (!lstatSync(path).isDirectory()) throw new Error(`${path} must be a folder, not a link or a file.`);
  }
  return path;
}

function ensure(path: string): string {
  const made = mkdirSync(path, { recursive: true, mode: PASSAGE });
  if (made !== undefined) chmodSync(path, PASSAGE); // the umask may have taken bits away
  return path;
}

/** The folder of all mirrors. */
export const mirrorsDir = (dataDir: string): string => hostFolder(dataDir, "mirrors");

/** The mirror's path. Throws when the id is not a positive integer. */
export function mirrorDir(dataDir: string, repoId: number): string {
  if (!Number.isSafeInteger(repoId) || repoId <= 0) throw new Error(`Not a repository id: ${String(repoId)}`);
  return join(mirrorsDir(dataDir), `${repoId}.git`);
}

/** A task's id is `[a-z0-9]`, starts with a letter, and is short: it may become a name anywhere. */
export function checkTaskId(taskId: string): string {
  if (!/^[a-z][a-z0-9]{0,63}$/.test(taskId)) throw new Error(`Not a task id: ${JSON.stringify(taskId)}`);
  return taskId;
}

/** Where a task's workspace is, below the host's data. */
export const workspaceFolderOf = (taskId: string): string => join("host", "workspaces", checkTaskId(taskId));

/** The workspace's path. Throws when the id is not one of a task. */
export function workspaceDir(dataDir: string, taskId: string): string {
  return join(hostFolder(dataDir, "workspaces"), checkTaskId(taskId));
}

/** The folder of all workspaces for checks. */
const checksDir = (dataDir: string): string => hostFolder(dataDir, "checks");

/** Where a task's checks run. Throws when the id is not one of a task. */
export const checkDir = (dataDir: string, taskId: string): string => join(checksDir(dataDir), checkTaskId(taskId));

/** The folder of what setup commands have made. */
export const setupsDir = (dataDir: string): string => hostFolder(dataDir, "setups");

/** The folder of what teams have come to. */
export const plansDir = (dataDir: string): string => hostFolder(dataDir, "plans");

/** Where a plan's work comes together. Throws when the id is not one of a task, whose id a plan bears. */
export const planDir = (dataDir: string, plan: string): string => join(plansDir(dataDir), checkTaskId(plan));

/** A full SHA-1 object name, lower case. Throws for anything else: abbreviations and names of refs mean different things later. */
export function checkSha(sha: string): string {
  if (!/^[0-9a-f]{40}$/.test(sha)) throw new Error(`Not a full commit id: ${JSON.stringify(sha)}`);
  return sha;
}
