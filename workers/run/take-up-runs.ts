/**
 * After a restart: which runs are still ours? Run folders, locks and records are compared. A run whose lock can still be
 * renewed goes on, its agent unharmed; the agent of one whose task is over or elsewhere is stopped.
 */
import { lstatSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Task } from "../../src/task/task.ts";
import { isTaskId } from "../../src/task/task-id.ts";
import type { RunIdentity } from "../bot-client.ts";
import type { SlotUser } from "../sandbox/sandbox.ts";
import { removeWorkspace } from "../workspace/remove-workspace.ts";
import type { Locker } from "./job-lock.ts";
import { lostLease, regainLease } from "./lease.ts";
import { beginRun, makeRun } from "./make-run.ts";
import { isOwn, type Run, runsDir, type Shared } from "./run.ts";
import { type RunFolder, readRunFolders } from "./run-record.ts";
import { beginAgainAfterReboot } from "./step/lost-step.ts";

const DAY_MS = 24 * 3600 * 1000;

type TakeSlot = (slot?: number) => SlotUser | undefined;

/**
 * The runs to go on with, each in the slot that it had (`takeSlot`: undefined when the host has it no more). `crashed`:
 * the earlier life of this host did not end on purpose, which counts against the tasks that it was working on.
 */
export async function takeUpRuns(
  shared: Shared,
  locker: Locker,
  { takeSlot, crashed }: { takeSlot: TakeSlot; crashed: boolean },
): Promise<Run[]> {
  const { folders, inDoubt } = readRunFolders(runsDir(shared.dataDir));
  for (const { dir, doubt } of inDoubt)
    shared.log.warn({ dir, doubt }, "a run folder without a readable record is left alone");
  const runs = new Map<string, Run>();
  for (const folder of folders) {
    const task = await ownTask(shared, folder.record, crashed);
    const user = task && takeSlot(folder.record.slot);
    if (!task || !user) continue;
    await beginAgainAfterReboot(folder);
    // A lock that ran out while this host was down is not the agent's fault: it goes on without effects until the lock
    // is ours again, or is stopped when another host has the task.
    const lease = (await regainLease(locker, folder.record)) ?? lostLease();
    runs.set(task.spec.id, makeRun(shared, { task, folder, lease, user }));
    const facts = { task: task.spec.id, epoch: task.epoch, slot: user.slot, lock: lease.isHeld() };
    shared.log.info(facts, "run taken up again");
  }
  // The agent of a run that is not ours any more has no right to go on. Sessions bear the name of the task, so an old
  // folder of a task that goes on here must not end its session.
  const over = new Set(folders.map((folder) => folder.record.taskId).filter((taskId) => !runs.has(taskId)));
  for (const taskId of over) await shared.sessions.kill(taskId);
  const begun = await beginClaimed(shared, locker, { takeSlot, crashed, folders });
  return [...runs.values(), ...begun];
}

/**
 * Runs that the earlier life had claimed and not yet made a folder for. Their jobs would come again only when the locks
 * have run out, and nobody else can have begun them: this host is only once here.
 */
async function beginClaimed(
  shared: Shared,
  locker: Locker,
  { takeSlot, crashed, folders }: { takeSlot: TakeSlot; crashed: boolean; folders: readonly RunFolder[] },
): Promise<Run[]> {
  const known = new Set(folders.map(({ record }) => `${record.taskId}-${record.epoch}`));
  const begun: Run[] = [];
  for (const { spec, epoch } of await shared.store.readMany(await shared.store.openIds())) {
    if (known.has(`${spec.id}-${epoch}`)) continue;
    const task = await ownTask(shared, { taskId: spec.id, epoch }, crashed);
    if (task?.state.name !== "running") continue;
    const lease = await regainLease(locker, { taskId: spec.id, epoch, jobId: task.state.job });
    const user = lease && takeSlot();
    if (!lease || !user) continue; // it comes again with the queue
    await shared.sessions.kill(spec.id); // should only the folder be gone
    begun.push(beginRun(shared, { task, lease, user }));
  }
  return begun;
}

/** The task, when this host still owns this run of it. */
async function ownTask(shared: Shared, run: RunIdentity, crashed: boolean): Promise<Task | undefined> {
  const { taskId, epoch } = run;
  const before = await shared.store.read(taskId);
  if (!isOwn(shared, run, before) || before.pushed) return undefined;
  if (!crashed) return before;
  const task = await shared.store.advance(taskId, { name: "crashed", epoch, at: Date.now() });
  return isOwn(shared, run, task) ? task : undefined;
}

/**
 * Removes what failed runs left, once it has been kept for the configured days, and workspaces that no run knows of.
 * Never throws: what cannot be removed is logged and tried again at the next round.
 */
export async function clearOldRuns(shared: Shared, isLive: (taskId: string) => boolean): Promise<void> {
  const keptSince = Date.now() - shared.operator.limits.keepFailedDays * DAY_MS;
  const { folders, inDoubt } = readRunFolders(runsDir(shared.dataDir));
  const remove = async (what: { task: string } | { dir: string }, deed: () => Promise<void>) => {
    try {
      await deed();
      shared.log.info(what, "what an earlier run left is removed");
    } catch (error) {
      shared.log.error({ err: error, ...what }, "what an earlier run left cannot be removed: look at it by hand");
    }
  };
  for (const { dir } of inDoubt) {
    const { mtimeMs = keptSince } = lstatSync(dir, { throwIfNoEntry: false }) ?? {};
    if (mtimeMs < keptSince) await remove({ dir }, () => rm(dir, { recursive: true, force: true }));
  }
  const old = folders.filter(({ record }) => record.startedAt <= keptSince);
  const known = new Set(folders.map(({ record }) => record.taskId));
  const forgotten = (await workspaceIds(shared)).filter((taskId) => !known.has(taskId));
  for (const task of new Set([...old.map(({ record }) => record.taskId), ...forgotten])) {
    if (isLive(task)) continue; // by now: a removal may take minutes
    await remove({ task }, async () => {
      await removeWorkspace({ dataDir: shared.dataDir, taskId: task });
      for (const folder of old) if (folder.record.taskId === task) folder.remove();
    });
  }
}

async function workspaceIds(shared: Shared): Promise<string[]> {
  const names = await readdir(join(shared.dataDir, "host", "workspaces")).catch(() => []); // none was ever made
  return names.filter(isTaskId);
}
