/**
 * After a restart: which runs are still ours? Run folders, locks and records are compared. A run whose lock can still be
 * renewed goes on, its agent unharmed; the agent of one whose task is over or elsewhere is stopped.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { Job, type Worker } from "bullmq";
import type { JobData } from "../../src/task/queue.ts";
import { LOCK_MS } from "../../src/task/queue.ts";
import type { Task } from "../../src/task/task.ts";
import { isTaskId } from "../../src/task/task-id.ts";
import type { SlotUser } from "../sandbox/sandbox.ts";
import { removeWorkspace } from "../workspace/remove-workspace.ts";
import { type Lease, lostLease, makeLease } from "./lease.ts";
import { makeRun } from "./make-run.ts";
import { type Run, runsDir, type Shared } from "./run.ts";
import { type RunFolder, readRunFolders } from "./run-record.ts";

const DAY_MS = 24 * 3600 * 1000;

/**
 * The runs to go on with, each in the slot that it had (`takeSlot`: undefined when the host has it no more). `crashed`: the earlier life of this host did not end on
 * purpose, which counts against the tasks that it was working on.
 */
export async function takeUpRuns(
  shared: Shared,
  worker: Worker<JobData>,
  { token, takeSlot, crashed }: { token: string; takeSlot: (slot: number) => SlotUser | undefined; crashed: boolean },
): Promise<Run[]> {
  const { folders, unreadable } = readRunFolders(runsDir(shared.dataDir));
  for (const dir of unreadable) shared.log.warn({ dir }, "a run folder without a readable record is left alone");
  const runs = new Map<string, Run>();
  for (const folder of folders) {
    const task = await ownTask(shared, folder, crashed);
    const user = task && takeSlot(folder.record.slot);
    if (!task || !user) continue;
    const lease = await takeUpLease(worker, folder.record.jobId, token);
    runs.set(task.spec.id, makeRun(shared, { task, folder, lease, user }));
    const facts = { task: task.spec.id, epoch: task.epoch, slot: user.slot, lock: lease.isHeld() };
    shared.log.info(facts, "run taken up again");
  }
  // The agent of a run that is not ours any more has no right to go on. Sessions bear the name of the task, so an old
  // folder of a task that goes on here must not end its session.
  const over = new Set(folders.map((folder) => folder.record.taskId).filter((taskId) => !runs.has(taskId)));
  for (const taskId of over) await shared.sessions.kill(taskId);
  return [...runs.values()];
}

/** The folder's task, when this host still owns the run. */
async function ownTask(shared: Shared, folder: RunFolder, crashed: boolean): Promise<Task | undefined> {
  const { taskId, epoch } = folder.record;
  if (crashed) await shared.store.advance(taskId, { name: "crashed", epoch, at: Date.now() });
  const task = await shared.store.read(taskId);
  const ours =
    task?.state.name === "running" && task.state.host === shared.hostId && task.epoch === epoch && !task.pushed;
  return ours ? task : undefined;
}

/**
 * A lock that ran out while this host was down is not the agent's fault: it goes on without effects until the job comes
 * to this host again, or is stopped when another host gets it.
 */
async function takeUpLease(worker: Worker<JobData>, jobId: string, token: string): Promise<Lease> {
  const job = await Job.fromId<JobData>(worker, jobId);
  const held = job !== undefined && (await job.extendLock(token, LOCK_MS)) === 1;
  return held ? makeLease(job, token) : lostLease();
}

/**
 * Removes what failed runs left, once it has been kept for the configured days, and workspaces that no run knows of.
 * Never throws: what cannot be removed is logged and tried again at the next round.
 */
export async function clearOldRuns(shared: Shared, isLive: (taskId: string) => boolean): Promise<void> {
  const keepMs = shared.operator.limits.keepFailedDays * DAY_MS;
  const { folders } = readRunFolders(runsDir(shared.dataDir));
  const old = folders.filter(({ record }) => !isLive(record.taskId) && Date.now() - record.startedAt >= keepMs);
  const known = new Set(folders.map(({ record }) => record.taskId));
  const forgotten = (await workspaceIds(shared)).filter((taskId) => !known.has(taskId) && !isLive(taskId));
  for (const taskId of new Set([...old.map(({ record }) => record.taskId), ...forgotten])) {
    try {
      await removeWorkspace({ dataDir: shared.dataDir, taskId });
      for (const folder of old) if (folder.record.taskId === taskId) folder.remove();
      shared.log.info({ task: taskId }, "workspace of an earlier run removed");
    } catch (error) {
      shared.log.error({ err: error, task: taskId }, "an old workspace cannot be removed: look at it by hand");
    }
  }
}

async function workspaceIds(shared: Shared): Promise<string[]> {
  const names = await readdir(join(shared.dataDir, "host", "workspaces")).catch(() => []); // none was ever made
  return names.filter(isTaskId);
}
