/**
 * How busy the machine is, and how much of its memory is free: for whoever decides whether another run may begin. In a container the memory
 * is what that may have, less what is in use there.
 */
import { readFileSync } from "node:fs";
import type { CgroupPlaces } from "./cgroup-places.ts";
import { readGroupFile, valueIn } from "./group.ts";

/** Bytes that programs can still have without anything being put aside for them. */
export function freeMemory(places: CgroupPlaces, meminfo = readFileSync("/proc/meminfo", "utf8")): number {
  const available = Number(/^MemAvailable:\s+(\d+) kB$/m.exec(meminfo)?.[1] ?? 0) * 1_024;
  return Math.min(available, freeInGroup(places) ?? available);
}

/** What the kernel keeps of files it gives back when it is asked to. Undefined where the group has no limit of its own. */
function freeInGroup({ unified, v1 }: CgroupPlaces): number | undefined {
  const [folder, max, current, cache] =
    v1.memory === undefined
      ? [unified?.folder, "memory.max", "memory.current", "inactive_file"]
      : [v1.memory, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"];
  const limit = Number(folder && readGroupFile(folder, max));
  const used = Number(folder && readGroupFile(folder, current));
  // "max" is no number; version 1 names one that no machine has.
  if (!(limit < 2 ** 53) || Number.isNaN(used)) return undefined;
  return Math.max(0, limit - used + (valueIn(readGroupFile(folder ?? "", "memory.stat"), cache) ?? 0));
}

/** Time of all cores since the machine came up, in the kernel's own unit, proc(5): all of it, and what was not spent waiting for work. */
export type CpuTimes = { all: number; busy: number };

export function cpuTimes(stat = readFileSync("/proc/stat", "utf8")): CpuTimes {
  // user nice system idle iowait irq softirq steal; guests' time is in the first two already.
  const times = (/^cpu\s+(.*)$/m.exec(stat)?.[1] ?? "").split(" ").map(Number).slice(0, 8);
  const all = times.reduce((sum, each) => sum + each, 0);
  return { all, busy: all - (times[3] ?? 0) - (times[4] ?? 0) };
}

/** Percent of all cores. */
export const busyBetween = (before: CpuTimes, now: CpuTimes): number =>
  now.all > before.all ? (100 * (now.busy - before.busy)) / (now.all - before.all) : 0;
