/**
 * The worker host: takes jobs as long as it has free slots, keeps its runs, and after its own restart takes up every run
 * that is still there. Which host works on what is decided by BullMQ's locks alone.
 */
import { basename } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import { type CanaryOptions, makeCanaryKeeper } from "./canary.ts";
import { makeRoomKeeper, type RoomKeeperOptions } from "./disk/keep-room.ts";
import { makeRunKeeper, type RunKeeperOptions } from "./keep-runs.ts";
import { openLanes } from "./lanes.ts";
import { findCgroups } from "./limits/cgroup-places.ts";
import { type HeadroomOptions, makeHeadroomKeeper } from "./limits/keep-headroom.ts";
import { sweepGroups } from "./limits/open-groups.ts";
import { bothRooms } from "./room.ts";
import { type Locker, lockAgain } from "./run/job-lock.ts";
import type { Run, Shared } from "./run/run.ts";
import { groupOf } from "./run/step/step-limits.ts";
import { closeOtherOutlets } from "./run/step/step-outlet.ts";
import { takeUpRuns } from "./run/take-up-runs.ts";
import type { SlotUser } from "./sandbox/sandbox.ts";
import { makeOutputShower } from "./show-output/show-output.ts";
import { makeSlots } from "./slots.ts";
import { makeJobTaker } from "./take-jobs.ts";
import { removeOtherTalkFolders } from "./talk-back/talk-place.ts";

/** Longer than any command to a Redis that answers, ms. */
const STOP_TAKING_MS = 3_000;
/** How long a planned restart may take before other hosts may take the runs, ms. */
const HANDOVER_MS = 5 * 60_000;

/** `crashed`: this host's earlier life did not end on purpose. */
export type HostOptions = {
  shared: Shared;
  subscriber: Redis;
  users: readonly SlotUser[];
  crashed: boolean;
} & Pick<RunKeeperOptions & RoomKeeperOptions & HeadroomOptions & CanaryOptions, "announce" | "isAnothers">;

export type Host = {
  start(): Promise<void>;
  /** Takes no new work; resolves when the last run has ended. */
  drain(): Promise<void>;
  /** Leaves the agents running for this host's next life; resolves when it is safe to exit. */
  handOver(): Promise<void>;
  runs(): number;
};

export function makeHost({ shared, subscriber, users, crashed, ...tells }: HostOptions): Host {
  const { redis, hostId } = shared;
  const locker: Locker = { lanes: openLanes(redis), redis, token: `host-${hostId}` };
  const slots = makeSlots(shared, users);
  const room = makeRoomKeeper({ shared, slots, announce: tells.announce });
  const headroom = makeHeadroomKeeper({
    limits: shared.operator.limits,
    places: findCgroups(),
    announce: tells.announce,
    log: shared.log,
  });
  const rooms = bothRooms(room, headroom);
  const canary = makeCanaryKeeper({ shared, slots, room: rooms, announce: tells.announce });
  const jobs = makeJobTaker({ shared, slots, room: rooms, canary, locker, subscriber });
  const keeper = makeRunKeeper({ shared, slots, locker, subscriber, ...tells });
  const output = makeOutputShower({ shared, slots, subscriber });
  return {
    runs: () => slots.runs().length,
    async start() {
      await keeper.listen();
      const { runs, left } = await takeUpRuns(shared, locker, { takeSlot: slots.take, crashed });
      const folders = [...runs.map(({ folder }) => folder), ...left];
      await closeOtherOutlets(shared, folders);
      if (shared.talk) removeOtherTalkFolders(shared.talk, new Set(folders.map(({ dir }) => basename(dir))));
      if (shared.groups) await sweepGroups(shared.groups, isOf(runs), shared.log);
      for (const run of runs) slots.begin(run);
      await keeper.start();
      await output.start();
      await room.start();
      await headroom.start();
      await jobs.start();
      canary.start();
    },
    async drain() {
      await jobs.stop();
      await canary.stop();
      await slots.allEnded();
      keeper.stop();
      room.stop();
      headroom.stop();
      await output.stop();
    },
    async handOver() {
      // While Redis is away BullMQ does not answer; a job that is in hand comes again when its lock has run out.
      await Promise.race([Promise.all([jobs.stop(), canary.stop()]), delay(STOP_TAKING_MS)]);
      keeper.stop();
      room.stop();
      headroom.stop();
      await output.stop();
      for (const run of slots.runs()) await handOver(locker, run);
      await slots.allEnded();
    },
  };
}

/** Whether a group is one of these runs'. */
const isOf = (runs: readonly Run[]) => (group: string) =>
  runs.some(({ folder }) => group.startsWith(groupOf(folder, "")));

async function handOver(locker: Locker, run: Run): Promise<void> {
  try {
    const job = await lockAgain(locker, run.folder.record, HANDOVER_MS);
    if (job === undefined) run.log.warn("the lock on the run is another host's, or its job is gone");
  } catch (error) {
    run.log.warn({ err: error }, "the lock could not be extended for the restart");
  }
  run.interrupt({ kind: "handover" });
}
