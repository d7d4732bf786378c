/**
 * Control groups of version 1: a folder of one name in the hierarchy of each controller. What runs out of memory loses a process, and the
 * kernel tells nobody but who asks.
 */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Resources } from "../../src/settings/resources.ts";
import type { CgroupPlaces, Controller } from "./cgroup-places.ts";
import {
  CPU_PERIOD_US,
  type Group,
  type Groups,
  groupsIn,
  killMembers,
  limitsBy,
  MB,
  quotaOf,
  readGroupFile,
  removed,
  SANDBOX_PROCESSES,
  SOFT,
  valueIn,
  writeGroupFile,
} from "./group.ts";
import { removeGroup } from "./remove-group.ts";

type Parents = Partial<Record<Controller, string>>;

/** Undefined where none of the controllers can be used. `parent`: the name of the folder that a host's groups stand in. */
export function openGroups1({ v1 }: CgroupPlaces, parent: string): Groups | undefined {
  const usable: Parents = {};
  for (const [controller, own] of Object.entries(v1) as [Controller, string][]) {
    const folder = join(own, parent);
    if (isUsable(folder, controller)) usable[controller] = folder;
  }
  const limits = limitsBy((controller) => usable[controller] !== undefined);
  if (limits.size === 0) return undefined;
  const parents = [...new Set(Object.values(usable))];
  return {
    version: "cgroup1",
    limits,
    open: (name) => openGroup(usable, name),
    has: (name) => parents.some((folder) => existsSync(join(folder, name))),
    names: () => [...new Set(parents.flatMap(groupsIn))],
    close: () => parents.forEach(removed),
  };
}

/** Found out by doing it: whether a folder can be made, and a limit written there. */
function isUsable(folder: string, controller: Controller): boolean {
  const trial = join(folder, "trial");
  try {
    mkdirSync(trial, { recursive: true });
    if (controller === "cpu") writeGroupFile(trial, "cpu.cfs_quota_us", quotaOf(50));
    if (controller === "memory") writeGroupFile(trial, "memory.limit_in_bytes", 64 * MB);
    if (controller === "pids") writeGroupFile(trial, "pids.max", 64);
    return true;
  } catch {
    return false; // it belongs to another user, or is read-only: that is the answer
  } finally {
    for (const each of [trial, folder]) if (existsSync(each)) removed(each);
  }
}

function openGroup(parents: Parents, name: string): Group {
  const of = (controller: Controller) => {
    const parent = parents[controller];
    return parent === undefined ? undefined : join(parent, name);
  };
  const [cpu, accounts, memory, pids] = [of("cpu"), of("cpuacct"), of("memory"), of("pids")];
  const folders = [...new Set([cpu, accounts, memory, pids].filter((each) => each !== undefined))];
  for (const folder of folders) mkdirSync(folder, { recursive: true });
  return {
    joins: folders.map((folder) => join(folder, "cgroup.procs")),
    limit(resources) {
      if (cpu) limitCpu(cpu, resources);
      if (memory) limitMemory(memory, resources);
      if (pids && resources.processes !== undefined)
        writeGroupFile(pids, "pids.max", resources.processes + SANDBOX_PROCESSES);
    },
    read() {
      const stat = memory && readGroupFile(memory, "memory.stat");
      const used = accounts && readGroupFile(accounts, "cpuacct.usage");
      if (stat === undefined && used === undefined) return undefined;
      return {
        memoryBytes: (valueIn(stat, "total_rss") ?? 0) + (valueIn(stat, "total_shmem") ?? 0),
        cpuMs: Number(used ?? 0) / 1e6,
        processes: Number((pids && readGroupFile(pids, "pids.current")) ?? 0),
      };
    },
    ranOutOfMemory: () => memory !== undefined && ranOut(memory),
    remove: () => removeGroup(folders, () => folders.forEach(killMembers)),
  };
}

function limitCpu(folder: string, { cpuPercent }: Resources): void {
  if (cpuPercent === undefined) return;
  writeGroupFile(folder, "cpu.cfs_period_us", CPU_PERIOD_US);
  writeGroupFile(folder, "cpu.cfs_quota_us", quotaOf(cpuPercent));
}

/** With swap as much in all as without: else a hog would first fill that. */
function limitMemory(folder: string, { memoryMegabytes }: Resources): void {
  if (memoryMegabytes === undefined) return;
  const bytes = memoryMegabytes * MB;
  const now = Number(readGroupFile(folder, "memory.limit_in_bytes"));
  const [plain, withSwap] = ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"];
  const hasSwap = existsSync(join(folder, withSwap));
  // The one must never be above the other.
  const order = bytes > now ? [withSwap, plain] : [plain, withSwap];
  for (const name of order) if (name === plain || hasSwap) writeGroupFile(folder, name, bytes);
  writeGroupFile(folder, "memory.soft_limit_in_bytes", Math.round(bytes * SOFT));
}

/** A machine that runs out of memory as a whole ends processes, too; that is not the group's doing. */
function ranOut(folder: string): boolean {
  const killed = valueIn(readGroupFile(folder, "memory.oom_control"), "oom_kill") ?? 0;
  const limit = Number(readGroupFile(folder, "memory.limit_in_bytes"));
  return killed > 0 && Number(readGroupFile(folder, "memory.max_usage_in_bytes")) > limit * 0.95;
}
