/**
 * Keeps room on the disk of the data folder. Below the mark this host takes no job and says so, and what can be spared is
 * cleaned; nearly full, the reserve is given up and the run that fills the disk is ended; a run that has more on the disk than
 * its cap is ended as well. When there is room again, everything goes on by itself.
 */
import { existsSync } from "node:fs";
import type { HostInfo } from "../../src/task/hosts.ts";
import { bytes as inWords } from "../../src/text/amounts.ts";
import { type RoomKeeper, watchRoom } from "../room.ts";
import { resourcesOfRun } from "../run/role.ts";
import type { Run, Shared } from "../run/run.ts";
import type { Slots } from "../slots.ts";
import { type Space, spaceOf } from "./free-space.ts";
import { makeReserve } from "./make-reserve.ts";
import { makeRoom } from "./make-room.ts";
import { releaseReserve, reserveFile } from "./reserve.ts";
import { makeMeasuring, measureRuns } from "./run-sizes.ts";

export type RoomKeeperOptions = {
  shared: Shared;
  slots: Pick<Slots, "runs" | "run">;
  announce: (news: Pick<HostInfo, "lacksRoom">) => Promise<void>;
  /** For tests. */
  space?: (folder: string) => Space | Promise<Space>;
};

const GB = 1024 ** 3;
/** Between two looks, ms: the less room there is, the shorter. */
const [NEAR_MS, FAR_MS] = [1_000, 5_000];
/** Nothing fills a disk faster, bytes a second. */
const FASTEST_FILL = 4 * GB;
/** What can be spared is looked for at most so often, ms. */
const CLEAN_EVERY_MS = 60_000;
/** A host that lacked room has room again a little above the mark: else it would change its mind with every file. */
const AGAIN = 1.1;
const RESERVE_EVERY_MS = 10_000;
const MAX_RESERVE = GB / 4;

/** Of the mark, in bytes: the reserve, and below how much the disk counts as full. */
const reserveOf = (markBytes: number): number => Math.round(Math.min(markBytes / 4, MAX_RESERVE));
const fullBelow = (markBytes: number): number => reserveOf(markBytes) / 2;

/** Until so many bytes can have been written, within the bounds of a pause; ms. */
const untilFilled = (bytes: number): number => Math.min(Math.max((bytes / FASTEST_FILL) * 1_000, NEAR_MS), FAR_MS);

export function makeRoomKeeper({ shared, slots, announce, space = spaceOf }: RoomKeeperOptions): RoomKeeper {
  const { dataDir, log, operator } = shared;
  const markBytes = operator.limits.freeDiskGigabytes * GB;
  const caps = new WeakMap<Run, number>();
  const measuring = makeMeasuring();
  let pauseMs = NEAR_MS;
  let cleanedAt = Number.NEGATIVE_INFINITY;
  let reserveTriedAt = Number.NEGATIVE_INFINITY;
  const room = watchRoom<NonNullable<HostInfo["lacksRoom"]>>({
    announce: (lacksRoom) => announce({ lacksRoom }),
    kindOf: () => "room",
    log,
  });

  /** In bytes. Asked of every run with every look, and the same from the time that the repository's own limits are known. */
  function capOf(run: Run): number {
    const cap = caps.get(run) ?? (resourcesOfRun(operator, run).runDiskGigabytes ?? Number.POSITIVE_INFINITY) * GB;
    if (run.folder.record.prepared) caps.set(run, cap);
    return cap;
  }

  async function look(): Promise<void> {
    pauseMs = NEAR_MS;
    let now = await space(dataDir);
    if (now.freeBytes < fullBelow(markBytes) && releaseReserve(dataDir)) {
      log.error({ freeBytes: now.freeBytes }, "the disk is nearly full: the reserve is given up");
      now = await space(dataDir);
    }
    await endWhoeverFillsIt(now);
    const enough = room.lack() ? markBytes * AGAIN : markBytes;
    if (now.freeBytes < enough) now = await cleaned(now, enough);
    const lack = now.freeBytes < enough ? { freeBytes: now.freeBytes, wantedBytes: markBytes } : undefined;
    if (room.becomes(lack)) tellLog(now);
    await room.tell();
    pauseMs = lack ? NEAR_MS : untilFilled(Math.min(now.freeBytes - enough, ...slots.runs().map(capOf)));
    // With room to spare: it must not be what leads below the mark.
    if (now.freeBytes > markBytes * AGAIN + 2 * reserveOf(markBytes)) await keepReserve();
  }

  /** Where the file system has no such thing it is not tried with every look. */
  async function keepReserve(): Promise<void> {
    if (performance.now() - reserveTriedAt < RESERVE_EVERY_MS && !existsSync(reserveFile(dataDir))) return;
    reserveTriedAt = performance.now();
    if (!(await makeReserve(dataDir, reserveOf(markBytes)))) log.warn("no room can be kept in reserve on this disk");
  }

  /** Beside the beat: cleaning takes time, and what fills the disk does not wait. */
  async function cleaned(now: Space, enough: number): Promise<Space> {
    if (performance.now() - cleanedAt < CLEAN_EVERY_MS) return now;
    cleanedAt = performance.now();
    const isLive = (taskId: string) => slots.run(taskId) !== undefined;
    await makeRoom(shared, { isLive, isEnough: async () => (await space(dataDir)).freeBytes >= enough });
    return await space(dataDir);
  }

  async function endWhoeverFillsIt({ freeBytes, usedBytes }: Space): Promise<void> {
    const isFull = freeBytes < fullBelow(markBytes);
    const runs = slots.runs().filter(({ signal }) => !signal.aborted);
    if (runs.length === 0 || !(isFull || measuring.isDue(usedBytes, Math.min(...runs.map(capOf))))) return;
    measuring.done(usedBytes);
    const sizes = [...(await measureRuns(dataDir, runs))].toSorted(([, one], [, other]) => other - one);
    for (const [run, bytes] of sizes)
      if (bytes > capOf(run)) end(run, `it had ${inWords(bytes)} on the disk, and may have ${inWords(capOf(run))}`);
    const [largest] = sizes;
    // Where something else fills the disk, ending a run would gain nothing.
    if (isFull && largest && largest[1] > fullBelow(markBytes))
      end(
        largest[0],
        `the worker host's disk was full, and of all tasks this one had the most on it (${inWords(largest[1])})`,
      );
  }

  function end(run: Run, why: string): void {
    if (run.signal.aborted) return;
    run.log.error({ why }, "the run is ended for what it has on the disk");
    run.interrupt({ kind: "disk", message: `The task was ended because ${why}. What it had there was removed.` });
  }

  function tellLog({ freeBytes }: Space): void {
    if (room.lack())
      log.error({ freeBytes, markBytes }, "too little room on the disk: this host takes no job until there is");
    else log.info({ freeBytes, markBytes }, "there is room on the disk again: this host takes jobs");
  }

  return room.keptBy({ look, everyMs: () => pauseMs, failed: "the room on the disk could not be seen to" });
}
