/**
 * After a restart: which runs are still ours? Run folders, locks and records are compared. A run whose lock can still be
 * renewed goes on, its agent unharmed; the agent of one whose task is over or elsewhere is stopped.
 */
import { Job, type Worker } from "bullmq";
import type { JobData } from "../../src/task/queue.ts";
import { LOCK_MS } from "../../src/task/queue.ts";
import type { Task } from "../../src/task/task.ts";
import type { SlotUser } from "../sandbox/sandbox.ts";
import { removeWorkspace } from "../workspace/remove-workspace.ts";
import { type Lease, lostLease, makeLease } from "./lease.ts";
import { makeRun } from "./make-run.ts";
import { type Run, runsDir, type Shared } from "./run.ts";
import { type RunFolder, readRunFolders } from "./run-record.ts";

const DAY_MS = 24 * 3600 * 1000;

/**
 * The runs to go on with; their slots are taken out of `free`. `crashed`: the earlier life of this host did not end on
 * purpose, which counts against the tasks that it was working on.
 */
export async function takeUpRuns(
  shared: Shared,
  worker: Worker<JobData>,
  { token, free, crashed }: { token: string; free: SlotUser[]; crashed: boolean },
): Promise<Run[]> {
  const { folders, unreadable } = readRunFolders(runsDir(shared.dataDir));
  for (const dir of unreadable) shared.log.warn({ dir }, "a run folder without a readable record is left alone");
  const runs: Run[] = [];
  for (const folder of folders) {
    const task = await ownTask(shared, folder, crashed);
    const user = free.find((candidate) => candidate.slot === folder.record.slot);
    if (task && user) {
      free.splice(free.indexOf(user), 1);
      const lease = await takeUpLease(worker, folder.record.jobId, token);
      runs.push(makeRun(shared, { task, folder, lease, user }));
      shared.log.info(
        { task: task.spec.id, epoch: task.epoch, slot: user.slot, lock: lease.isHeld() },
        "run taken up again",
      );
    } else {
      // The agent of a run that is not ours any more has no right to go on.
      await shared.sessions.kill(folder.record.taskId);
    }
  }
  return runs;
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

/** Removes what failed runs left, once it has been kept for the configured days. */
export async function clearOldRuns(shared: Shared, isLive: (taskId: string) => boolean): Promise<void> {
  const keepMs = shared.operator.limits.keepFailedDays * DAY_MS;
  for (const folder of readRunFolders(runsDir(shared.dataDir)).folders) {
    const { taskId, startedAt } = folder.record;
    if (isLive(taskId) || Date.now() - startedAt < keepMs) continue;
    await removeWorkspace({ dataDir: shared.dataDir, taskId });
    folder.remove();
    shared.log.info({ task: taskId }, "workspace of an earlier run removed");
  }
}
