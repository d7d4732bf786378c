/**
 * Removes what runs of before have left on this host: what failed, once it has been kept for the configured days, and
 * workspaces that no run knows of. Nothing goes whose end no record ever said: it may be the only copy of somebody's work.
 */
import { lstatSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { isEnded, standingOf } from "../../src/task/standing.ts";
import { isTaskId } from "../../src/task/task-id.ts";
import type { RunIdentity } from "../bot-client.ts";
import { removeCheckpoint } from "../checkpoints/checkpoint-store.ts";
import { removeCheckWorkspace } from "../workspace/check-workspace.ts";
import { removeWorkspace } from "../workspace/remove-workspace.ts";
import { keptUntil } from "./checkpoint.ts";
import { runsDir, type Shared } from "./run.ts";
import { type FolderInDoubt, type RunFolder, readRunFolders, runOfDir } from "./run-record.ts";

const DAY_MS = 24 * 3600 * 1000;

/** Never throws: what cannot be removed is logged and tried again at the next round. */
export async function clearOldRuns(shared: Shared, isLive: (taskId: string) => boolean): Promise<void> {
  const keptSince = Date.now() - shared.operator.limits.keepFailedDays * DAY_MS;
  const { folders, inDoubt } = readRunFolders(runsDir(shared.dataDir));
  for (const folder of inDoubt) if (isOlder(folder, keptSince)) await clearFolder(shared, folder);
  const known = new Set([
    ...folders.map(({ record }) => record.taskId),
    ...inDoubt.map(({ dir }) => runOfDir(dir)?.taskId),
  ]);
  const forgotten = (await workspaceIds(shared)).filter((taskId) => !known.has(taskId));
  const old = folders.filter(({ record }) => keptUntil(shared, record) <= Date.now());
  for (const taskId of new Set([...old.map(({ record }) => record.taskId), ...forgotten])) {
    if (isLive(taskId)) continue; // by now: a removal may take minutes
    if (await isStillParked(shared, folders, taskId)) continue;
    await clearTask(
      shared,
      taskId,
      old.filter(({ record }) => record.taskId === taskId),
    );
  }
}

/** A task's workspace belongs to its latest run. */
async function clearTask(shared: Shared, taskId: string, folders: readonly RunFolder[]): Promise<void> {
  await attempt(shared, { task: taskId }, async () => {
    const epoch = Math.max(1, ...folders.map(({ record }) => record.epoch));
    const isTold = folders.length > 0 && folders.every(({ record }) => record.end === "told");
    if (!isTold && !(await hasEnded(shared, { taskId, epoch }))) return false;
    await removeCheckWorkspace({ dataDir: shared.dataDir, taskId });
    await removeWorkspace({ dataDir: shared.dataDir, taskId });
    await removeCheckpoint(shared.dataDir, taskId);
    for (const folder of folders) folder.remove();
    return true;
  });
}

/** Its task waits, or is about to go on: however long that takes, and also while its record is in doubt. */
async function isStillParked({ store }: Shared, folders: readonly RunFolder[], taskId: string): Promise<boolean> {
  const parked = folders.filter(({ record }) => record.taskId === taskId && record.paused !== undefined);
  if (parked.length === 0) return false;
  const reading = await store.lookUp(taskId);
  if (reading.kind !== "known") return true;
  const { state, epoch } = reading.record;
  return state.name !== "settled" && state.name !== "running" && parked.some(({ record }) => record.epoch === epoch);
}

async function clearFolder(shared: Shared, { dir }: FolderInDoubt): Promise<void> {
  await attempt(shared, { dir }, async () => {
    const run = runOfDir(dir);
    if (!run || !(await hasEnded(shared, run))) return false;
    await rm(dir, { recursive: true, force: true });
    return true;
  });
}

async function hasEnded({ store, hostId }: Shared, { taskId, epoch }: RunIdentity): Promise<boolean> {
  return isEnded(standingOf(await store.lookUp(taskId), { host: hostId, epoch }));
}

/** `deed` says whether anything was removed. */
async function attempt(
  { log }: Shared,
  what: { task: string } | { dir: string },
  deed: () => Promise<boolean>,
): Promise<void> {
  try {
    if (await deed()) log.info(what, "what an earlier run left is removed");
  } catch (error) {
    log.error({ err: error, ...what }, "what an earlier run left cannot be removed: look at it by hand");
  }
}

function isOlder({ dir }: FolderInDoubt, time: number): boolean {
  const { mtimeMs = time } = lstatSync(dir, { throwIfNoEntry: false }) ?? {};
  return mtimeMs < time;
}

async function workspaceIds(shared: Shared): Promise<string[]> {
  const list = (name: string) => readdir(join(shared.dataDir, "host", name)).catch(() => []); // none was ever made
  const names = [...(await list("workspaces")), ...(await list("checks"))];
  return [...new Set(names)].filter(isTaskId);
}
