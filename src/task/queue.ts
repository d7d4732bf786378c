/**
 * The BullMQ queues that hand tasks to hosts: one for each lane, in each a fair order between repositories. A job carries only the
 * task id: losing every job costs time, not tasks, because a sweep adds jobs for queued tasks again.
 *
 * Which lane a task's job belongs in is for its record to say. A job that is in another one is left over: its claim is refused
 * (`next-state.ts`), so it may be there for a while and does no harm.
 */
import { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { MAX_TAG, makeFairOrder, type Turn } from "./fair-order.ts";
import { keys } from "./keys.ts";
import { type Lane, laneName, OLD_QUEUE, runLane } from "./lane.ts";
import { bullKey, type LaneBackend, makeLaneBackend, QUEUE_PREFIX } from "./lane-backend.ts";
import type { Task } from "./task.ts";
import { withdrawJob } from "./withdraw.ts";

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

/** Jobs that wait and jobs that hosts work on. */
export type Load = { waiting: number; active: number };
/** Over all lanes, and in each by its name. */
export type Depth = Load & { lanes: Record<string, Load> };

/** One job per run: the id is the same for everybody who notices that the run is due, so it is added once. */
export const jobIdOf = (taskId: string, epoch: number): string => `${taskId}-${epoch}`;
const nextJobId = (task: Task) => jobIdOf(task.spec.id, task.epoch + 1);
export const taskIdOfJob = (jobId: string): string => jobId.replace(/-\d+$/, "");

/** That of the task's current run, which may have come with the job of an earlier one, and that of its next. */
const jobsOf = (task: Task): string[] => [...(task.state.name === "running" ? [task.state.job] : []), nextJobId(task)];

/** The lanes that are kept at hand. */
const LANES_AT_HAND = 200;
/** BullMQ writes a log of what becomes of jobs, which nobody reads; it cannot be without. */
const LOG_LENGTH = 100;

/** `maxTag`: for tests. */
export function makeTaskQueue(redis: Redis, maxTag = MAX_TAG) {
  const backend = makeLaneBackend(redis);
  const open = new Map<string, OpenLane>();

  /** A lane that is not at hand is opened; nothing of it but its jobs, which are in Redis, has to be remembered. */
  function lane(name: string): OpenLane {
    const known = open.get(name) ?? openLane(redis, { name, backend, maxTag });
    open.delete(name);
    open.set(name, known);
    for (const oldest of open.keys()) if (open.size > LANES_AT_HAND) open.delete(oldest);
    return known;
  }

  /** Adds the job that the record asks for, in the lane that it says, and wakes the hosts. */
  async function enqueue(task: Task): Promise<void> {
    const inLane = laneOf(task);
    const name = laneName(inLane);
    await lane(name).add(task, laneName(runLane(inLane)));
    await redis.publish(keys.jobs, name);
  }

  /**
   * Takes the job of a queued task out of its lane, or that of a run which nobody keeps up. True only if it was there and nobody
   * works on it: then no host begins the task until a job is added again. A job that is being worked on stays: its host will see
   * the task's state.
   */
  async function withdraw(task: Task): Promise<boolean> {
    const name = laneName(laneOf(task));
    const withdrawn = await Promise.all(jobsOf(task).map((id) => withdrawJob(redis, name, id)));
    return withdrawn.includes(true);
  }

  /**
   * Takes the job of a queued task to another lane. `change` has the record name that lane, and gives the record then, or
   * undefined when it is too late for that. In this order nobody holds the old job when the record changes, and the new one is
   * never there before the record says so. Whoever dies in between leaves a task without a job, which the sweep adds again in
   * the lane that the record has. True when the job is in the new lane.
   */
  async function move(task: Task, change: () => Promise<Task | undefined>): Promise<boolean> {
    if (!(await withdraw(task))) return false;
    const moved = await change();
    if (moved) await enqueue(moved);
    return moved !== undefined;
  }

  async function holds(task: Task): Promise<boolean> {
    const name = laneName(laneOf(task));
    return (await redis.exists(...jobsOf(task).map((id) => bullKey(name, id)))) > 0;
  }

  /** Those that there are: BullMQ makes a queue of each that it is asked about. */
  async function laneNames(): Promise<string[]> {
    const [isOld, names] = await Promise.all([
      redis.exists(bullKey(OLD_QUEUE, "meta")),
      redis.zrange(keys.lanes, "0", "-1"),
    ]);
    return [...new Set([...(isOld ? [OLD_QUEUE] : []), ...names])];
  }

  async function depth(): Promise<Depth> {
    const names = await laneNames();
    const loads = await Promise.all(names.map((name) => lane(name).load()));
    const sum = (of: keyof Load) => loads.reduce((total, load) => total + load[of], 0);
    const lanes = Object.fromEntries(names.map((name, index) => [name, loads[index] as Load]));
    return { waiting: sum("waiting"), active: sum("active"), lanes };
  }

  /** Of each lane the ids of the tasks whose jobs wait there, the next one first; of a longer lane the first `QUEUE_SHOWN`. */
  async function inOrder(): Promise<string[][]> {
    return await Promise.all((await laneNames()).map((name) => lane(name).inOrder()));
  }

  return { enqueue, withdraw, move, holds, depth, inOrder, close: backend.close };
}

/** A task that waits, or is settled, is in none. */
function laneOf({ spec, state }: Task): Lane | undefined {
  if (state.name === "queued" || state.name === "running") return state.lane;
  throw new Error(`the task ${spec.id} is ${state.name}: it is in no lane`);
}

type OpenLane = ReturnType<typeof openLane>;
type LaneParts = { name: string; backend: LaneBackend; maxTag: number };

function openLane(redis: Redis, { name, backend, maxTag }: LaneParts) {
  const options = {
    connection: redis,
    prefix: QUEUE_PREFIX,
    streams: { events: { maxLen: LOG_LENGTH } },
    // A kept job with the same id would swallow a later `add` without a word; the task record is the memory.
    defaultJobOptions: { removeOnComplete: true, removeOnFail: true, attempts: 1 },
  };
  const queue = new Queue<JobData>(name, options, backend.ofLane);
  queue.on("error", () => undefined);
  const order = makeFairOrder(redis, keys.turns(name), maxTag);

  /** Every job has a priority: one without would go before all others. `runsIn`: the lane of the run that comes of it. */
  async function add(task: Task, runsIn: string): Promise<void> {
    const { repository, priority: wished } = task.spec;
    const priority = await nextTurn({ repositoryId: repository.id, priority: wished }, runsIn);
    await queue.add("task", { taskId: task.spec.id }, { jobId: nextJobId(task), priority });
  }

  async function nextTurn(turn: Turn, runsIn: string): Promise<number> {
    const [next] = await queue.getPrioritized(0, 0);
    const tag = await order.tag(turn, next?.priority, [name, runsIn]);
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

  async function load(): Promise<Load> {
    const counts = await queue.getJobCounts("waiting", "active", "prioritized");
    return { waiting: (counts.waiting ?? 0) + (counts.prioritized ?? 0), active: counts.active ?? 0 };
  }

  async function inOrder(): Promise<string[]> {
    const jobs = await queue.getRanges(["wait", "prioritized"], 0, QUEUE_SHOWN - 1, true);
    return jobs.slice(0, QUEUE_SHOWN).map(taskIdOfJob);
  }

  return { add, load, inOrder };
}
