/**
 * What becomes of a job in hand. It is claimed in the task's record first: only who has both the lock and the claim begins a
 * run.
 */
import { Job } from "bullmq";
import { isSameLane, type Lane, laneName, runLane } from "../../src/task/lane.ts";
import { type JobData, LOCK_MS } from "../../src/task/queue.ts";
import type { Task } from "../../src/task/task.ts";
import type { Slots } from "../slots.ts";
import { findPaused, takeUpPaused } from "./go-on.ts";
import { carryOver, type Locker } from "./job-lock.ts";
import { type Lease, makeLease, takeLeaseBack } from "./lease.ts";
import { beginRun } from "./make-run.ts";
import { type Run, readStanding, type Shared } from "./run.ts";
import { standBack } from "./stand-back.ts";
import { standBackForBudget } from "./stand-back-for-budget.ts";
import { takeUpUntold } from "./take-up-runs.ts";

/** `own`: from this host's own lane; for which agent, the task's record says. */
export type JobInHand = { job: Job<JobData>; from: "own" | { lane: Lane | undefined } };
export type TakingJobs = { shared: Shared; slots: Slots; locker: Locker };

export async function take(taking: TakingJobs, { job, from }: JobInHand): Promise<void> {
  const { token } = taking.locker;
  // Jobs are handed out without knowing when one was locked: from here on that is known.
  const sentAt = performance.now();
  if ((await job.extendLock(token, LOCK_MS)) !== 1) throw new Error("the lock was lost on the way to this host");
  const found = await laneOfJob(taking, job.data.taskId, from);
  if (found === "left over") return void (await job.moveToCompleted(undefined, token, false));
  const { lane, task } = found;
  const held = from === "own" && !lane?.only ? await carriedOver(taking.locker, job, lane) : job;
  await begin(taking, { job: held, lane, task, lease: makeLease({ job: held, lane: runLane(lane), token, sentAt }) });
}

/**
 * The lane that the job came from, for what its record says of that. A job in another lane than the record's is left over: it must
 * not be taken for the one that a run here has, or had.
 */
async function laneOfJob(
  { shared: { store, hostId, log }, slots }: TakingJobs,
  taskId: string,
  from: JobInHand["from"],
): Promise<{ lane: Lane | undefined; task?: Task } | "left over"> {
  const reading = await store.lookUp(taskId);
  // Nothing is lost with it: should the record come back, the sweep adds a job. A run that lives here needs its job as its lease.
  if (reading.kind === "absent" && !slots.run(taskId)) {
    log.warn({ task: taskId }, "there is no record of a job's task: the job is removed");
    return "left over";
  }
  if (reading.kind !== "known") {
    if (from !== "own") return from; // whoever has something to do with the task sees to its doubt
    throw new Error(`the record of the task ${taskId} is ${reading.kind}: its job comes again`);
  }
  const { state } = reading.record;
  if (state.name === "waiting") return "left over";
  if (state.name === "settled") return from === "own" ? "left over" : from;
  const isThere = from === "own" ? state.lane?.host === hostId : isSameLane(state.lane, from.lane);
  return isThere ? { lane: state.lane, task: reading.record } : "left over";
}

/**
 * Before the claim, so that the job of a run is never where no other host would miss it: this host may die for good at any
 * time from then on.
 */
async function carriedOver(locker: Locker, job: Job<JobData>, from: Lane | undefined): Promise<Job<JobData>> {
  const id = job.id ?? "";
  const to = runLane(from);
  const moved = (await carryOver(locker, { id, from, to }))
    ? await Job.fromId<JobData>(locker.lanes.worker(laneName(to)), id)
    : undefined;
  if (!moved) throw new Error(`the job ${id} could not be carried over to where its run is kept: it comes again`);
  return moved;
}

/** `lane`: from which the job came. */
type Found = { lease: Lease; job: Job<JobData>; lane: Lane | undefined; task: Task | undefined };

async function begin({ shared, slots }: TakingJobs, { lease, job, lane, task: seen }: Found): Promise<void> {
  const { taskId } = job.data;
  const { hostId, store } = shared;
  const claim = `${hostId}/${lease.job}/${job.attemptsStarted}/${job.timestamp}`;
  const news = { name: "claimed" as const, host: hostId, claim, job: lease.job, lane, at: Date.now() };
  // It was parked a moment ago, and what it waited for has happened already: the next run begins in the same place.
  if (slots.run(taskId)?.folder.record.paused) await slots.ended(taskId);
  const alive = slots.run(taskId);
  if (alive && (await takeBack(shared, alive, lease))) return;
  if (!alive && (await standBack(shared, { taskId, agent: lane?.agent }))) return await lease.complete();
  const untold = alive ? undefined : await takeUpUntold(shared, taskId, { lease, takeSlot: slots.take });
  if (untold) return slots.begin(untold);
  if (!alive && (await standBackForBudget(shared, seen))) return await lease.complete();

  // A host that was frozen on the way may find that another one has the job by now.
  if (!lease.isHeld()) throw new Error("the lock was lost before the task could be claimed");
  const made = await store.change(taskId, news);
  if (made.kind !== "known") throw new Error(`the record of the task ${taskId} is ${made.kind}: its job comes again`);
  const { record: task } = made;
  if (task.pushed || task.state.name !== "running" || task.state.claim !== claim) return await lease.complete();
  const paused = findPaused(shared, task);
  const user = (paused && slots.take(paused.record.slot)) ?? slots.take();
  if (!user) throw new Error("a job was taken without a free slot");
  try {
    const run = paused
      ? takeUpPaused(shared, { task, folder: paused, lease, user })
      : beginRun(shared, { task, lease, user });
    slots.begin(run);
  } catch (error) {
    slots.putBack(user);
    lease.release();
    throw error;
  }
}

/**
 * The job of a run that lives here: its lock was lost and nobody else had it meanwhile, so nothing needs to be claimed.
 * False when the run has no task any more, and the job may be completed.
 */
async function takeBack(shared: Shared, alive: Run, lease: Lease): Promise<boolean> {
  const { standing, task } = await readStanding(shared, alive);
  if (standing === "own") {
    takeLeaseBack(alive, lease);
    return true;
  }
  if (standing === "over" || task?.pushed) {
    alive.interrupt({ kind: "settled" });
    return false;
  }
  if (standing !== "superseded") throw new Error(`the task's record is ${standing}: the job of its run comes again`);
  alive.interrupt({ kind: "superseded" });
  throw new Error("an earlier run of the task is still being ended here");
}
