/**
 * Keeps a host's runs: beats for them, renews their leases, and stops those that the record says are over or
 * somebody else's. What is told by a message is looked up again from time to time: messages can be lost.
 */
import type { Redis } from "ioredis";
import { BEAT_MS, beat } from "../src/task/heartbeat.ts";
import { keys } from "../src/task/keys.ts";
import type { Locker } from "./run/job-lock.ts";
import { regained, regainLease, renewLeases } from "./run/lease.ts";
import { identityOf, isOwn, type Run, type Shared } from "./run/run.ts";
import { lastOutputOf } from "./run/step/last-output.ts";
import { clearOldRuns } from "./run/take-up-runs.ts";
import type { Slots } from "./slots.ts";
import { tidyMirrors } from "./workspace/tidy-mirrors.ts";

/** Runs are compared with their records this often even if no news came, in beats. */
const CHECK_EVERY_BEATS = 6;
/** Old workspaces and mirrors are tidied this often, in beats: hourly. */
const TIDY_EVERY_BEATS = 720;

export type RunKeeper = {
  /** Hears of changes from now on. */
  listen(): Promise<void>;
  /** Beats once, and from then on regularly. */
  start(): Promise<void>;
  stop(): void;
};

export type RunKeeperOptions = {
  shared: Shared;
  slots: Slots;
  locker: Locker;
  subscriber: Redis;
};

export function makeRunKeeper({ shared, slots, locker, subscriber }: RunKeeperOptions): RunKeeper {
  const { log } = shared;
  let timer: NodeJS.Timeout | undefined;
  let beats = 0;

  async function tick(): Promise<void> {
    beats += 1;
    const runs = slots.runs();
    const beaten = await Promise.all(
      runs.map(async (run) => ({ taskId: run.task.spec.id, lastOutputAt: await lastOutputOf(run) })),
    );
    const leases = runs.map((run) => run.lease);
    await Promise.all([beat(shared.redis, shared.hostId, beaten, Date.now()), renewLeases(locker, leases)]);
    await Promise.all(runs.filter(({ lease }) => !lease.isHeld()).map((run) => regain(shared, locker, run)));
    if (beats % CHECK_EVERY_BEATS === 0) await Promise.all(runs.map((run) => checkRecord(shared, run)));
    // Beside the beat: a slow disk must not cost anybody's lease.
    if (beats % TIDY_EVERY_BEATS === 1) void tidy(shared, slots);
  }

  return {
    async listen() {
      subscriber.on("message", (channel, taskId) => {
        const run = channel === keys.changed ? slots.run(taskId) : undefined;
        if (!run) return;
        checkRecord(shared, run).catch((error: unknown) =>
          log.debug({ err: error }, "news not read; the next check will"),
        );
      });
      await subscriber.subscribe(keys.changed);
    },
    async start() {
      await tick();
      timer = setInterval(() => {
        tick().catch((error: unknown) => log.warn({ err: error }, "the beat did not reach Redis"));
      }, BEAT_MS);
    },
    stop: () => clearInterval(timer),
  };
}

/** Also while every slot is busy, and while this host drains: finished work must not wait for a place that it has. */
async function regain(shared: Shared, locker: Locker, run: Run): Promise<void> {
  if (!isOwn(shared, identityOf(run), await shared.store.read(run.task.spec.id))) return;
  const lease = await regainLease(locker, run.folder.record);
  if (lease) regained(run, lease);
}

/** News about a task of ours: somebody cancels it, settled it, or another host has it. */
async function checkRecord({ store, hostId }: Shared, run: Run): Promise<void> {
  const task = await store.read(run.task.spec.id);
  if (!task || task.state.name === "settled") return run.interrupt({ kind: "settled" });
  if (task.state.name === "running" && task.state.host !== hostId) return run.interrupt({ kind: "superseded" });
  if (task.cancel) run.interrupt({ kind: "cancel", reason: task.cancel });
}

/** Never throws. */
async function tidy(shared: Shared, slots: Slots): Promise<void> {
  const isLive = (taskId: string) => slots.run(taskId) !== undefined;
  await clearOldRuns(shared, isLive);
  await tidyMirrors({ dataDir: shared.dataDir, log: shared.log });
}
