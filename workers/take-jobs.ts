/**
 * Takes jobs off the queue as long as there is a free slot. A job in hand is claimed in the task's record first: only
 * who has both the lock and the claim begins a run.
 */
import type { Job, Worker } from "bullmq";
import type { Redis } from "ioredis";
import type { JobData } from "../src/task/queue.ts";
import type { Task } from "../src/task/task.ts";
import { makeLease } from "./run/lease.ts";
import { makeRun } from "./run/make-run.ts";
import { type Run, runsDir, type Shared } from "./run/run.ts";
import { createRunFolder } from "./run/run-record.ts";
import { isOver } from "./run-task.ts";
import type { SlotUser } from "./sandbox/sandbox.ts";
import type { Slots } from "./slots.ts";

export type JobTaker = {
  start(): void;
  /** Takes no further job; resolves when none is in hand any more. */
  stop(): Promise<void>;
};

/** `token`: in whose name the jobs are locked. `redis`: the worker's blocking connection. */
export type JobTakerOptions = { shared: Shared; slots: Slots; worker: Worker<JobData>; token: string; redis: Redis };

export function makeJobTaker({ shared, slots, worker, token, redis }: JobTakerOptions): JobTaker {
  let stopping = false;
  let taking: Promise<void> = Promise.resolve();

  async function takeJobs(): Promise<void> {
    while (!stopping) {
      await slots.whenFree();
      if (stopping) return;
      try {
        const job = await worker.getNextJob(token);
        if (job && stopping) await job.moveToWait(token);
        else if (job) await take(shared, slots, job, token);
      } catch (error) {
        // A job that was taken and not begun comes back when its lock runs out.
        if (!stopping) shared.log.warn({ err: error }, "no job could be taken; trying again");
        await pause(redis);
      }
    }
  }

  return {
    start: () => {
      taking = takeJobs();
    },
    async stop() {
      stopping = true;
      slots.wake();
      await worker.close(true);
      await taking;
    },
  };
}

/** A claim that says "again ours" finds the run still alive here, e.g. after a Redis outage. */
async function take(shared: Shared, slots: Slots, job: Job<JobData>, token: string): Promise<void> {
  const { taskId } = job.data;
  const { hostId, store } = shared;
  const jobId = job.id ?? "";
  const claim = `${hostId}/${jobId}/${job.attemptsStarted}/${job.timestamp}`;
  const claimed = await store.advance(taskId, { name: "claimed", host: hostId, claim, job: jobId, at: Date.now() });
  const task = claimed ?? (await store.read(taskId));
  const lease = makeLease(job, token);
  if (!task || isOver(task) || task.state.name !== "running" || task.state.claim !== claim) {
    slots.run(taskId)?.interrupt({ kind: "settled" });
    await lease.complete();
    return;
  }
  const alive = slots.run(taskId);
  if (alive) return regain(alive, task, lease);
  const user = slots.take();
  if (!user) throw new Error("a job was taken without a free slot");
  try {
    slots.begin(newRun(shared, job, { task, lease, user }));
  } catch (error) {
    slots.putBack(user);
    lease.release();
    throw error;
  }
}

function newRun(
  shared: Shared,
  job: Job<JobData>,
  { task, lease, user }: { task: Task; lease: Run["lease"]; user: SlotUser },
): Run {
  const { id: taskId, repository, number } = task.spec;
  const folder = createRunFolder(runsDir(shared.dataDir), {
    taskId,
    epoch: task.epoch,
    jobId: job.id ?? "",
    slot: user.slot,
    startedAt: Date.now(),
    steps: [],
  });
  shared.log.info(
    { task: taskId, epoch: task.epoch, slot: user.slot, repo: repository.id, issue: number },
    "task claimed",
  );
  return makeRun(shared, { task, folder, lease, user });
}

/** The lock was lost and is ours again: the agent never stopped, the run goes on under its new epoch. */
function regain(run: Run, task: Task, lease: Run["lease"]): void {
  run.lease.release();
  run.lease = lease;
  run.task = task;
  run.folder.record.epoch = task.epoch;
  run.folder.save();
  run.log.info({ epoch: task.epoch }, "lock regained; the agent was not disturbed");
}

/** After an error: a second, or until Redis is there again, so that nobody spins. */
async function pause(redis: Redis): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, 1_000);
  redis.once("ready", resolve);
  await promise;
  clearTimeout(timer);
  redis.off("ready", resolve);
}
