/**
 * The worker host: takes jobs as long as it has free slots, keeps the leases of its runs, beats for them, and after its
 * own restart takes up every run that is still there. Which host works on what is decided by BullMQ's locks alone.
 */
import { type Job, Worker } from "bullmq";
import type { Redis } from "ioredis";
import { BEAT_MS, beat, endBeats } from "../src/task/heartbeat.ts";
import { keys } from "../src/task/keys.ts";
import { type JobData, LOCK_MS, QUEUE_NAME, QUEUE_PREFIX, STALLED_CHECK_MS } from "../src/task/queue.ts";
import type { Task } from "../src/task/task.ts";
import { makeLease, renewLeases } from "./run/lease.ts";
import { makeRun } from "./run/make-run.ts";
import { type Run, runsDir, type Shared } from "./run/run.ts";
import { createRunFolder } from "./run/run-record.ts";
import { clearOldRuns, takeUpRuns } from "./run/take-up-runs.ts";
import { isOver, runTask } from "./run-task.ts";
import type { SlotUser } from "./sandbox/sandbox.ts";
import { tidyMirrors } from "./workspace/tidy-mirrors.ts";

/** How long a planned restart may take before other hosts may take the runs, ms. */
const HANDOVER_MS = 5 * 60_000;
/** Runs are compared with their records this often even if no news came, in beats. */
const CHECK_EVERY_BEATS = 6;
/** Old workspaces are cleared away this often, in beats: hourly. */
const CLEAR_EVERY_BEATS = 720;

/** `crashed`: this host's earlier life did not end on purpose. */
export type HostOptions = {
  shared: Shared;
  blockingRedis: Redis;
  subscriber: Redis;
  slots: readonly SlotUser[];
  crashed: boolean;
};

export type Host = {
  start(): Promise<void>;
  /** Takes no new work; resolves when the last run has ended. */
  drain(): Promise<void>;
  /** Leaves the agents running for this host's next life; resolves when it is safe to exit. */
  handOver(): Promise<void>;
  runs(): number;
};

export function makeHost({ shared, blockingRedis, subscriber, slots, crashed }: HostOptions): Host {
  const { store, log, hostId } = shared;
  // The lock's owner is the host, not the process: its next life renews the same locks with the same token.
  const token = `host-${hostId}`;
  const worker = new Worker<JobData>(QUEUE_NAME, null, {
    connection: blockingRedis,
    prefix: QUEUE_PREFIX,
    autorun: false,
    lockDuration: LOCK_MS,
    stalledInterval: STALLED_CHECK_MS,
    // Poison is counted in the task record; BullMQ's own count would fail a job on the second crash of a host.
    maxStalledCount: 1_000_000,
    drainDelay: 5,
  });
  worker.on("error", (error) => log.debug({ err: error }, "BullMQ reports"));
  const runs = new Map<string, { run: Run; end: Promise<void> }>();
  const free = [...slots];
  let slotFreed = Promise.withResolvers<void>();
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;
  let fetching: Promise<void> = Promise.resolve();

  function begin(run: Run): void {
    const end = runTask(shared, run)
      .catch((error: unknown) => run.log.error({ err: error }, "the run broke off"))
      .then(() => finish(run));
    runs.set(run.task.spec.id, { run, end });
  }

  async function finish(run: Run): Promise<void> {
    run.lease.release();
    runs.delete(run.task.spec.id);
    free.push(run.user);
    slotFreed.resolve();
    await endBeats(shared.redis, [run.task.spec.id]).catch((error: unknown) =>
      log.debug({ err: error }, "beat not ended"),
    );
  }

  async function fetchJobs(): Promise<void> {
    while (!stopping) {
      if (free.length === 0) {
        slotFreed = Promise.withResolvers();
        await slotFreed.promise;
        continue;
      }
      try {
        const job = await worker.getNextJob(token);
        if (job && stopping) await job.moveToWait(token);
        else if (job) await take(job);
      } catch (error) {
        // A job that was taken and not begun comes back when its lock runs out.
        if (!stopping) log.warn({ err: error }, "no job could be taken; trying again");
        await pause(blockingRedis);
      }
    }
  }

  /** A job in hand: claim its task. A claim that says "again ours" finds the run still alive here, e.g. after a Redis outage. */
  async function take(job: Job<JobData>): Promise<void> {
    const { taskId } = job.data;
    const claim = `${hostId}/${job.id}/${job.attemptsStarted}/${job.timestamp}`;
    const claimed = await store.advance(taskId, { name: "claimed", host: hostId, claim, at: Date.now() });
    const task = claimed ?? (await store.read(taskId));
    const lease = makeLease(job, token);
    if (!task || isOver(task) || task.state.name !== "running" || task.state.claim !== claim) {
      runs.get(taskId)?.run.interrupt({ kind: "settled" });
      await lease.complete();
      return;
    }
    const alive = runs.get(taskId);
    if (alive) return regain(alive.run, task, lease);
    const user = free.shift();
    if (!user) throw new Error("a job was taken without a free slot");
    try {
      startRun(job, task, lease, user);
    } catch (error) {
      free.push(user);
      lease.release();
      throw error;
    }
  }

  function startRun(job: Job<JobData>, task: Task, lease: Run["lease"], user: SlotUser): void {
    const taskId = task.spec.id;
    const folder = createRunFolder(runsDir(shared.dataDir), {
      taskId,
      epoch: task.epoch,
      jobId: job.id ?? "",
      slot: user.slot,
      startedAt: Date.now(),
      steps: [],
    });
    begin(makeRun(shared, { task, folder, lease, user }));
    log.info(
      { task: taskId, epoch: task.epoch, slot: user.slot, repo: task.spec.repository.id, issue: task.spec.number },
      "task claimed",
    );
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

  let beats = 0;
  async function tick(): Promise<void> {
    beats += 1;
    const all = [...runs.values()].map(({ run }) => run);
    const beaten = all.map((run) => ({ taskId: run.task.spec.id, lastOutputAt: run.lastOutputAt }));
    const leases = all.map((run) => run.lease);
    await Promise.all([beat(shared.redis, hostId, beaten, Date.now()), renewLeases(worker, token, leases)]);
    if (beats % CHECK_EVERY_BEATS === 0) await Promise.all(all.map((run) => checkRecord(run.task.spec.id)));
    if (beats % CLEAR_EVERY_BEATS === 1) {
      // Beside the beat: a slow disk must not cost anybody's lease.
      const isLive = (taskId: string) => runs.has(taskId);
      void clearOldRuns(shared, isLive).then(() => tidyMirrors({ dataDir: shared.dataDir, isLive, log }));
    }
  }

  /** News about a task of ours: somebody cancels it, settled it, or another host has it. */
  async function checkRecord(taskId: string): Promise<void> {
    const run = runs.get(taskId)?.run;
    if (!run) return;
    const task = await store.read(taskId);
    if (!task || task.state.name === "settled") return run.interrupt({ kind: "settled" });
    if (task.state.name === "running" && task.state.host !== hostId) return run.interrupt({ kind: "superseded" });
    if (task.cancel) run.interrupt({ kind: "cancel", reason: task.cancel });
  }

  function listen(): void {
    subscriber.on("message", (channel, taskId) => {
      if (channel !== keys.changed || !runs.has(taskId)) return;
      checkRecord(taskId).catch((error: unknown) => log.debug({ err: error }, "news not read; the next check will"));
    });
  }

  async function stop(): Promise<void> {
    stopping = true;
    slotFreed.resolve();
    await worker.close(true);
    await fetching;
  }

  return {
    runs: () => runs.size,
    async start() {
      listen();
      await subscriber.subscribe(keys.changed);
      for (const run of await takeUpRuns(shared, worker, { token, free, crashed })) begin(run);
      await tick();
      timer = setInterval(() => {
        tick().catch((error: unknown) => log.warn({ err: error }, "the beat did not reach Redis"));
      }, BEAT_MS);
      await worker.startStalledCheckTimer();
      fetching = fetchJobs();
    },
    async drain() {
      await stop();
      await Promise.all([...runs.values()].map(({ end }) => end));
      clearInterval(timer);
    },
    async handOver() {
      await stop();
      clearInterval(timer);
      for (const { run } of runs.values()) {
        const extended = await run.lease.extend(HANDOVER_MS).catch(() => false);
        if (!extended) run.log.warn("the lock could not be extended for the restart");
        run.interrupt({ kind: "handover" });
      }
      await Promise.all([...runs.values()].map(({ end }) => end));
    },
  };
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
