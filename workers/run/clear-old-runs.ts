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
import { removeCheckWorkspace, taskOfCheckFolder } from "../workspace/check-workspace.ts";
import { workspaceFolderOf } from "../workspace/host-folders.ts";
import { removeWorkspace } from "../workspace/remove-workspace.ts";
import { keptUntil } from "./checkpoint.ts";
import { runsDir, type Shared } from "./run.ts";
import { type FolderInDoubt, type RunFolder, readRunFolders, runOfDir } from "./run-folder.ts";

const DAY_MS = 24 * 3600 * 1000;

/** What of a host it takes to tell, and to remove. */
export type OldRunsGround = Pick<Shared, "dataDir" | "hostId" | "store" | "operator">;

/** What an earlier run left: of a task, or a folder whose record is in doubt. */
export type OldRun = {
  what: { task: string } | { dir: string };
  /** The task, where one can be told. */
  task: string | undefined;
  paths: string[];
  /** Whether a record says that it may, by now. */
  mayGo(): Promise<boolean>;
  remove(): Promise<void>;
};

/** What is past its time, or known to no run; whether it may go has to be asked right before it does. */
export async function findOldRuns(ground: OldRunsGround): Promise<OldRun[]> {
  const { dataDir, operator } = ground;
  const keptSince = Date.now() - operator.limits.keepFailedDays * DAY_MS;
  const { folders, inDoubt } = readRunFolders(runsDir(dataDir));
  const known = new Set([
    ...folders.map(({ record }) => record.taskId),
    ...inDoubt.map(({ dir }) => runOfDir(dir)?.taskId),
  ]);
  const forgotten = (await workspaceIds(dataDir)).filter((taskId) => !known.has(taskId));
  const old = folders.filter(({ record }) => keptUntil(ground, record) <= Date.now());
  const tasks = [...new Set([...old.map(({ record }) => record.taskId), ...forgotten])];
  return [
    ...inDoubt.filter((folder) => isOlder(folder, keptSince)).map((folder) => ofFolder(ground, folder)),
    ...tasks.map((task) => ofTask(ground, task, folders, old)),
  ];
}

/** Never throws: what cannot be removed is logged and tried again at the next round. */
export async function clearOldRuns(
  shared: OldRunsGround & Pick<Shared, "log">,
  isLive: (taskId: string) => boolean,
): Promise<void> {
  for (const { what, mayGo, remove } of await findOldRuns(shared)) {
    if ("task" in what && isLive(what.task)) continue; // by now: a removal may take minutes
    await attempt(shared, what, async () => {
      if (!(await mayGo())) return false;
      await remove();
      return true;
    });
  }
}

/** A task's workspace belongs to its latest run. */
function ofTask(ground: OldRunsGround, task: string, all: readonly RunFolder[], old: readonly RunFolder[]): OldRun {
  const { dataDir } = ground;
  const folders = old.filter(({ record }) => record.taskId === task);
  const epoch = Math.max(1, ...folders.map(({ record }) => record.epoch));
  const isTold = folders.length > 0 && folders.every(({ record }) => record.end === "told");
  return {
    what: { task },
    task,
    paths: [...folders.map(({ dir }) => dir), join(dataDir, workspaceFolderOf(task))],
    mayGo: async () =>
      !(await isStillParked(ground, all, task)) && (isTold || (await hasEnded(ground, { taskId: task, epoch }))),
    async remove() {
      await removeCheckWorkspace({ dataDir, taskId: task });
      await removeWorkspace({ dataDir, taskId: task });
      await removeCheckpoint(dataDir, task);
      for (const folder of folders) folder.remove();
    },
  };
}

/** Its task waits, or is about to go on: however long that takes, and also while its record is in doubt. */
async function isStillParked(
  { store }: OldRunsGround,
  folders: readonly RunFolder[],
  taskId: string,
): Promise<boolean> {
  const parked = folders.filter(({ record }) => record.taskId === taskId && record.paused !== undefined);
  if (parked.length === 0) return false;
  const reading = await store.lookUp(taskId);
  if (reading.kind !== "known") return true;
  const { state, epoch } = reading.record;
  return state.name !== "settled" && state.name !== "running" && parked.some(({ record }) => record.epoch === epoch);
}

function ofFolder(ground: OldRunsGround, { dir }: FolderInDoubt): OldRun {
  const run = runOfDir(dir);
  return {
    what: { dir },
    task: run?.taskId,
    paths: [dir],
    mayGo: async () => run !== undefined && (await hasEnded(ground, run)),
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

async function hasEnded({ store, hostId }: OldRunsGround, { taskId, epoch }: RunIdentity): Promise<boolean> {
  return isEnded(standingOf(await store.lookUp(taskId), { host: hostId, epoch }));
}

/** `deed` says whether anything was removed. */
async function attempt(
  { log }: Pick<Shared, "log">,
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

async function workspaceIds(dataDir: string): Promise<string[]> {
  const list = (name: string) => readdir(join(dataDir, "host", name)).catch(() => []); // none was ever made
  const ofChecks = (await list("checks")).flatMap((name) => taskOfCheckFolder(name) ?? []);
  return [...new Set([...(await list("workspaces")).filter(isTaskId), ...ofChecks])];
}
