/**
 * Begins no run on a machine that has enough to do. Beyond the operator's marks of memory and processors this host takes no job and says so;
 * what runs goes on. When there is room again, everything goes on by itself.
 */
import type { Logger } from "pino";
import type { HostInfo } from "../../src/task/hosts.ts";
import type { Limits } from "../operator-limits.ts";
import { type RoomKeeper, watchRoom } from "../room.ts";
import type { CgroupPlaces } from "./cgroup-places.ts";
import { MB } from "./group.ts";
import { busyBetween, type CpuTimes, cpuTimes, freeMemory } from "./headroom.ts";

const LOOK_MS = 2_000;
/** Busy counts as that only when it was so for this long, ms: a start of anything takes all of a core for a moment. */
const BUSY_FOR_MS = 10_000;
/** A host that was beyond a mark is so until it is a little inside of it: else it would change its mind with every look. */
const AGAIN = 1.1;

export type Headroom = { freeBytes: number; times: CpuTimes };

export type HeadroomOptions = {
  limits: Pick<Limits, "freeMemoryMegabytes" | "busyPercent">;
  places: CgroupPlaces;
  announce: (news: Pick<HostInfo, "strained">) => Promise<void>;
  log: Logger;
  /** For tests. */
  read?: () => Headroom;
};

type Strain = NonNullable<HostInfo["strained"]>;

export function makeHeadroomKeeper(options: HeadroomOptions): RoomKeeper {
  const {
    limits,
    announce,
    log,
    read = () => ({ freeBytes: freeMemory(options.places), times: cpuTimes() }),
  } = options;
  const wantedBytes = limits.freeMemoryMegabytes * MB;
  const { busyPercent } = limits;
  const seen: CpuTimes[] = [];
  const room = watchRoom<Strain>({
    announce: (strained) => announce({ strained }),
    kindOf: (strain) => Object.keys(strain).join(),
    log,
  });

  function judge({ freeBytes, times }: Headroom): Strain | undefined {
    seen.push(times);
    if (seen.length > BUSY_FOR_MS / LOOK_MS + 1) seen.shift();
    const strain = room.lack();
    const memory = freeBytes < (strain?.memory ? wantedBytes * AGAIN : wantedBytes);
    const percent = seen[0] ? busyBetween(seen[0], times) : 0;
    const mark = busyPercent === undefined ? Number.POSITIVE_INFINITY : strain?.cpu ? busyPercent / AGAIN : busyPercent;
    const cpu = seen.length > BUSY_FOR_MS / LOOK_MS && percent > mark;
    if (!memory && !cpu) return undefined;
    return {
      ...(memory && { memory: { freeBytes, wantedBytes } }),
      ...(cpu && busyPercent !== undefined && { cpu: { percent: Math.round(percent), mark: busyPercent } }),
    };
  }

  async function look(): Promise<void> {
    const strain = judge(read());
    if (room.becomes(strain)) {
      if (strain) log.error(strain, "the machine has enough to do: this host takes no job until it has less");
      else log.info("the machine has room for work again: this host takes jobs");
    }
    await room.tell();
  }

  return room.keptBy({ look, everyMs: () => LOOK_MS, failed: "how busy the machine is could not be seen to" });
}
