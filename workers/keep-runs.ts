/**
 * Keeps a host's runs: beats for them, renews their leases, and stops those that the record says are over or
 * somebody else's. What is told by a message is looked up again from time to time: messages can be lost. A run whose record
 * is in doubt goes on; Redis is told of it with the host's registration, which is renewed where Redis has lost it, and offered
 * the task where its record is gone.
 */
import type { Redis } from "ioredis";
import { BEAT_MS, beat } from "../src/task/heartbeat.ts";
import type { HostInfo } from "../src/task/hosts.ts";
import { keys } from "../src/task/keys.ts";
import type { Task } from "../src/task/task.ts";
import { atMultiplesOf } from "../src/until-multiple.ts";
import { clearCheckpoints } from "./checkpoints/clear-checkpoints.ts";
import { clearKeptSessions } from "./kept-sessions/clear-kept-sessions.ts";
import { clearOldPlans } from "./run/clear-old-plans.ts";
import { clearOldRuns } from "./run/clear-old-runs.ts";
import type { Locker } from "./run/job-lock.ts";
import { regainForRun, regainLease, renewLeases, takeLeaseBack } from "./run/lease.ts";
import { offerLost } from "./run/offer-record.ts";
import { type Run, readStanding, type Shared } from "./run/run.ts";
import { lastOutputOf } from "./run/step/last-output.ts";
import { closeTeamWindows } from "./run/step/team-window.ts";
import { clearSetups } from "./setups/clear-setups.ts";
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
  /** Registers the host, with this news of it. */
  announce: (news: Pick<HostInfo, "inDoubt">) => Promise<void>;
  /** Another host goes by this host's id. */
  isAnothers: () => void;
};

export function makeRunKeeper(options: RunKeeperOptions): RunKeeper {
  const { shared, slots, locker, subscriber, announce, isAnothers } = options;
  const { log } = shared;
  let beating: { stop(): void } | undefined;
  let beats = 0;
  let announced = "[]";
  let stopped = false;

  async function tick(): Promise<void> {
    beats += 1;
    const runs = slots.runs();
    const beaten = runs.map((run) => ({ taskId: run.task.spec.id, lastOutputAt: lastOutputOf(run) }));
    const leases = runs.map((run) => run.lease);
    const isDue = beats % CHECK_EVERY_BEATS === 0;
    const { hostId: id, place } = shared;
    const [standing] = await Promise.all([
      beat(shared.redis, { id, place }, beaten, Date.now()),
      renewLeases(locker, leases),
    ]);
    if (standing === "another's") return isAnothers();
    const isKnown = standing === "known";
    // A Redis that does not know this host was emptied: it may have lost the records, too.
    const looked = isDue || !isKnown ? runs : runs.filter(({ lease, inDoubt }) => inDoubt || !lease.isHeld());
    await Promise.all(looked.map((run) => checkRun(shared, locker, run)));
    await offerLost(shared, runs);
    // Now and then without news as well: an agent that is offered is one that has been within days.
    if (beats % TIDY_EVERY_BEATS === 0) announced = "";
    await tellDoubts(runs, isKnown);
    // Beside the beat: a slow disk must not cost anybody's lease.
    if (beats % TIDY_EVERY_BEATS === 1) void tidy(shared, slots);
  }

  /** When Redis does not know this host, and when there is news of its runs' records. */
  async function tellDoubts(runs: readonly Run[], isKnown: boolean): Promise<void> {
    const inDoubt = runs.flatMap(({ task, inDoubt: found }) =>
      found ? [{ task: task.spec.id, doubt: found.doubt }] : [],
    );
    if (stopped || (isKnown && announced === JSON.stringify(inDoubt))) return;
    if (!isKnown) log.warn("Redis does not know this host any more: registered anew");
    await announce({ inDoubt });
    announced = JSON.stringify(inDoubt);
  }

  return {
    async listen() {
      subscriber.on("message", (channel, taskId) => {
        const run = channel === keys.changed ? slots.run(taskId) : undefined;
        if (!run) return;
        run.changes.tell();
        checkRecord(shared, run).catch((error: unknown) =>
          log.debug({ err: error }, "news not read; the next check will"),
        );
      });
      await subscriber.subscribe(keys.changed);
    },
    async start() {
      await tick();
      beating = atMultiplesOf(BEAT_MS, () => {
        tick().catch((error: unknown) => log.warn({ err: error }, "the beat did not reach Redis"));
      });
    },
    stop() {
      stopped = true;
      beating?.stop();
    },
  };
}

/**
 * A lock that was lost is taken back also while every slot is busy, and while this host drains: finished work must not wait
 * for a place that it has.
 */
async function checkRun(shared: Shared, locker: Locker, run: Run): Promise<void> {
  const { standing, task } = await checkRecord(shared, run);
  if (standing === "older" && task) return await claimAgain(shared, locker, { run, task });
  if (standing !== "own" || run.lease.isHeld()) return;
  const lease = await regainLease(locker, run.folder.record);
  if (lease) takeLeaseBack(run, lease);
}

/** Redis was restored from before the run, and nobody else has the job that came instead: the run goes on under its number. */
async function claimAgain(shared: Shared, locker: Locker, { run, task }: { run: Run; task: Task }): Promise<void> {
  const { store, hostId: host } = shared;
  const { record } = run.folder;
  if (task.state.name === "settled" || task.state.name === "waiting") return;
  const { lane } = task.state;
  const lease = await regainForRun(locker, { ...record, epoch: task.epoch, lane });
  if (!lease) return;
  const { job } = lease;
  const claim = `${host}/${job}/again/${record.startedAt}`;
  const made = await store.change(record.taskId, { name: "claimed", host, claim, job, lane, at: Date.now() });
  if (made.kind !== "known" || made.record.state.name !== "running" || made.record.state.claim !== claim) return;
  Object.assign(record, { epoch: made.record.epoch, jobId: job, lane: lease.lane });
  run.folder.save();
  takeLeaseBack(run, lease);
  await readStanding(shared, run);
}

/** News about a task of ours: somebody cancels it, settled it, or another run has it. */
async function checkRecord(shared: Shared, run: Run): ReturnType<typeof readStanding> {
  const { standing, task } = await readStanding(shared, run);
  if (standing === "over") run.interrupt({ kind: "settled" });
  else if (standing === "superseded") run.interrupt({ kind: "superseded" });
  else if (standing === "own" && task?.cancel) run.interrupt({ kind: "cancel", reason: task.cancel });
  return { standing, task };
}

/** Never throws. */
async function tidy(shared: Shared, slots: Slots): Promise<void> {
  const isLive = (taskId: string) => slots.run(taskId) !== undefined;
  await clearOldRuns(shared, isLive);
  await clearOldPlans(shared, (plan) => slots.runs().some(({ task }) => task.spec.node?.plan === plan));
  await clearKeptSessions(shared);
  await clearCheckpoints({ dataDir: shared.dataDir, isLive, log: shared.log });
  await clearSetups(shared);
  await tidyMirrors({ dataDir: shared.dataDir, log: shared.log });
  await closeTeamWindows(shared);
}
