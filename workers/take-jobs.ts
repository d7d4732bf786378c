/**
 * Takes jobs off the queue as long as there is a free slot. A job in hand is claimed in the task's record first: only
 * who has both the lock and the claim begins a run.
 */
import type { Job } from "bullmq";
import type { Redis } from "ioredis";
import { type JobData, LOCK_MS } from "../src/task/queue.ts";
import type { Locker } from "./run/job-lock.ts";
import { type Lease, makeLease, regained } from "./run/lease.ts";
import { beginRun } from "./run/make-run.ts";
import { type Run, readStanding, type Shared } from "./run/run.ts";
import { takeUpUntold } from "./run/take-up-runs.ts";
import type { Slots } from "./slots.ts";

export type JobTaker = {
  start(): void;
  /** Takes no further job; resolves when none is in hand any more. */
  stop(): Promise<void>;
};

/** `redis`: the worker's blocking connection. */
export type JobTakerOptions = { shared: Shared; slots: Slots; locker: Locker; redis: Redis };

export function makeJobTaker(options: JobTakerOptions): JobTaker {
  const { shared, slots, redis } = options;
  const { worker, token } = options.locker;
  let stopping = false;
  let taking: Promise<void> = Promise.resolve();

  async function takeJobs(): Promise<void> {
    while (!stopping) {
      await slots.whenFree();
      if (stopping) return;
      try {
        const job = await worker.getNextJob(token);
        if (job && stopping) await job.moveToWait(token);
        else if (job) await take(options, job);
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

async function take({ shared, slots, locker: { token } }: JobTakerOptions, job: Job<JobData>): Promise<void> {
  const { taskId } = job.data;
  const { hostId, store } = shared;
  // Jobs are waited for without knowing when one was locked: from here on that is known.
  const sentAt = performance.now();
  if ((await job.extendLock(token, LOCK_MS)) !== 1) throw new Error("the lock was lost on the way to this host");
  const lease = makeLease(job, token, sentAt);
  const claim = `${hostId}/${lease.job}/${job.attemptsStarted}/${job.timestamp}`;
  const news = { name: "claimed" as const, host: hostId, claim, job: lease.job, at: Date.now() };
  const alive = slots.run(taskId);
  if (alive && (await takeBack(shared, alive, lease))) return;
  const untold = alive ? undefined : await takeUpUntold(shared, taskId, { lease, takeSlot: slots.take });
  if (untold) return slots.begin(untold);

  const made = await store.change(taskId, news);
  if (made.kind !== "known") throw new Error(`the record of the task ${taskId} is ${made.kind}: its job comes again`);
  const { record: task } = made;
  if (task.pushed || task.state.name !== "running" || task.state.claim !== claim) return await lease.complete();
  const user = slots.take();
  if (!user) throw new Error("a job was taken without a free slot");
  try {
    slots.begin(beginRun(shared, { task, lease, user }));
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
    regained(alive, lease);
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

/** After an error: a second, or until Redis is there again, so that nobody spins. */
async function pause(redis: Redis): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, 1_000);
  redis.once("ready", resolve);
  await promise;
  clearTimeout(timer);
  redis.off("ready", resolve);
}
