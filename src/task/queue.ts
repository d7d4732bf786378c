/**
 * The BullMQ queue that hands tasks to hosts, in fair order between repositories. A job carries only the task id: losing
 * every job costs time, not tasks, because a sweep adds jobs for queued tasks again.
 */
import { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { MAX_TAG, makeFairOrder } from "./fair-order.ts";
import type { Task } from "./task.ts";

export const QUEUE_NAME = "orch";
export const QUEUE_PREFIX = "bull";

/**
 * A job's lock is the lease on a run. Hosts renew it with every second beat; a host that could not renew for `FENCE_MS`
 * stops all effects, well before another host can take the job at `LOCK_MS`.
 */
export const LOCK_MS = 30_000;
export const FENCE_MS = 20_000;
/** How often hosts look for jobs whose lock has run out, ms. */
export const STALLED_CHECK_MS = 5_000;

/** So far into the queue people are told who stands where. */
export const QUEUE_SHOWN = 1_000;

export type JobData = { taskId: string };
export type TaskQueue = ReturnType<typeof makeTaskQueue>;

/** One job per run: the id is the same for everybody who notices that the run is due, so it is added once. */
export const jobIdOf = (taskId: string, epoch: number): string => `${taskId}-${epoch}`;
const nextJobId = (task: Task) => jobIdOf(task.spec.id, task.epoch + 1);

/** `maxTag`: for tests. */
export function makeTaskQueue(redis: Redis, maxTag = MAX_TAG) {
  const queue = new Queue<JobData>(QUEUE_NAME, {
    connection: redis,
    prefix: QUEUE_PREFIX,
    // A kept job with the same id would swallow a later `add` without a word; the task record is the memory.
    defaultJobOptions: { removeOnComplete: true, removeOnFail: true, attempts: 1 },
  });
  // BullMQ repeats connection errors here; every call below reports its own.
  queue.on("error", () => undefined);

  const order = makeFairOrder(redis, maxTag);

  /** Every job has a priority: one without would go before all others. */
  async function enqueue(task: Task): Promise<void> {
    const priority = await nextTurn(task.spec.repository.id);
    await queue.add("task", { taskId: task.spec.id }, { jobId: nextJobId(task), priority });
  }

  async function nextTurn(repositoryId: number): Promise<number> {
    const [next] = await queue.getPrioritized(0, 0);
    const tag = await order.tag(repositoryId, next?.priority);
    if (tag <= maxTag) return tag;
    const by = (next?.priority ?? 1) - 1;
    if (by > 0 && (await order.moveDown(by))) await moveDown(by);
    return Math.max(1, Math.min(tag - by, maxTag));
  }

  /** A job that a host takes meanwhile needs no priority any more. */
  async function moveDown(by: number): Promise<void> {
    for (const job of await queue.getPrioritized()) {
      const priority = Math.max(1, job.priority - by);
      await job.changePriority({ priority }).catch(async (error: unknown) => {
        if ((await job.getState()) === "prioritized") throw error;
      });
    }
  }

  /** Takes a job out that no host has begun. A job that is being worked on stays: its host will see the task's state. */
  async function withdraw(task: Task): Promise<void> {
    const job = await queue.getJob(nextJobId(task));
    if (job && ["waiting", "prioritized"].includes(await job.getState())) await job.remove();
  }

  /** Is there a job for the task's current run (which may have come with the job of an earlier one), or for its next? */
  async function holds(task: Task): Promise<boolean> {
    const ids = [...(task.state.name === "running" ? [task.state.job] : []), nextJobId(task)];
    return (await Promise.all(ids.map((id) => queue.getJob(id)))).some((job) => job !== undefined);
  }

  /** Jobs waiting and jobs in hosts' hands. */
  async function depth(): Promise<{ waiting: number; active: number }> {
    const counts = await queue.getJobCounts("waiting", "active", "prioritized", "delayed");
    const waiting = (counts.waiting ?? 0) + (counts.prioritized ?? 0) + (counts.delayed ?? 0);
    return { waiting, active: counts.active ?? 0 };
  }

  /** Ids of the tasks whose jobs wait, the next one first; of a longer queue the first `QUEUE_SHOWN`. */
  async function inOrder(): Promise<string[]> {
    const jobs = await queue.getRanges(["wait", "prioritized"], 0, QUEUE_SHOWN - 1, true);
    return jobs.slice(0, QUEUE_SHOWN).map((job) => job.replace(/-\d+$/, ""));
  }

  return { enqueue, withdraw, holds, depth, inOrder, close: () => queue.close() };
}
