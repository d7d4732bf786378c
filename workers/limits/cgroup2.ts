/**
 * Control groups of version 2, in a part of the hierarchy that was handed to this host: by systemd (`Delegate=`, with the host in a group of
 * its own there, `DelegateSubgroup=`), or by a container whose hierarchy is its own and writable. A group that has controllers has no
 * processes of its own, so the host must not stand where its groups are to be.
 */
import { accessSync, constants, existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { CgroupPlaces } from "./cgroup-places.ts";
import {
  CPU_PERIOD_US,
  type Group,
  type Groups,
  groupsIn,
  killMembers,
  LIMITING,
  type LimitedBy,
  limitsBy,
  MB,
  quotaOf,
  readGroupFile,
  removed,
  SANDBOX_PROCESSES,
  valueIn,
  writeGroupFile,
} from "./group.ts";
import { removeGroup } from "./remove-group.ts";

/** Where in a container the host and all that is there already are put. */
const OWN_GROUP = "host";
/** Where groups can be made, or why that is nowhere. `evacuate`: what stands there has to be put elsewhere first. */
export type Base = { folder: string; evacuate: boolean } | { why: string; remedy: string };

const UNIT = "a unit with `Delegate=cpu memory pids` and `DelegateSubgroup=host` (systemd 254 or newer)";
const AS_UNIT = `start the worker host by ${UNIT}`;
const CONTAINER =
  "in a container: `security_opt: writable-cgroups=true` (Docker 28 or newer), and the worker host as root in it";
const AS_ROOT = `start the worker host as root, or by ${UNIT}`;

/** Looks, and changes nothing. */
export function findBase({ unified }: CgroupPlaces): Base {
  if (!unified) return { why: "control groups of version 2 are not mounted", remedy: AS_ROOT };
  const { mount, path, folder } = unified;
  const controllersAt = (at: string) => (readGroupFile(at, "cgroup.controllers") ?? "").split(" ");
  const missing = (at: string) => LIMITING.every((controller) => !controllersAt(at).includes(controller));
  // The root of a machine's hierarchy has no type, and may have processes and controllers.
  if (path === "/") {
    if (missing(folder)) return { why: "its controllers are not in the unified hierarchy", remedy: AS_ROOT };
    if (!isWritable(folder)) return { why: "its hierarchy is read-only here", remedy: CONTAINER };
    return { folder, evacuate: existsSync(join(folder, "cgroup.type")) };
  }
  const parent = dirname(folder);
  if (folder !== mount && isWritable(parent) && !missing(parent) && isEmpty(parent))
    return { folder: parent, evacuate: false };
  if (!isWritable(folder)) return { why: "the host's control group is not handed to its user", remedy: AS_UNIT };
  return { why: "the host stands in the very group that is handed to it", remedy: AS_UNIT };
}

const isEmpty = (folder: string): boolean => (readGroupFile(folder, "cgroup.procs") ?? "") === "";

function isWritable(folder: string): boolean {
  try {
    for (const name of ["", "cgroup.procs", "cgroup.subtree_control"]) accessSync(join(folder, name), constants.W_OK);
    return true;
  } catch {
    return false; // that is the answer
  }
}

/** Undefined where none of the controllers can be used. */
export function openGroups2(places: CgroupPlaces, name: string): Groups | undefined {
  const base = findBase(places);
  if ("why" in base) return undefined;
  const parent = join(base.folder, name);
  try {
    if (base.evacuate) evacuate(base.folder);
    enable(base.folder);
    mkdirSync(parent, { recursive: true });
    enable(parent);
  } catch {
    return undefined; // somebody else rules there: the group may be full of other processes
  }
  const enabled = (readGroupFile(parent, "cgroup.subtree_control") ?? "").split(" ");
  const limits = limitsBy((controller) => enabled.includes(controller));
  if (limits.size === 0) return undefined;
  return {
    version: "cgroup2",
    limits,
    open: (group) => openGroup(join(parent, group), limits),
    has: (group) => existsSync(join(parent, group)),
    names: () => groupsIn(parent),
    close: () => void removed(parent),
  };
}

function evacuate(folder: string): void {
  const own = join(folder, OWN_GROUP);
  mkdirSync(own, { recursive: true });
  for (const pid of (readGroupFile(folder, "cgroup.procs") ?? "").split("\n").filter(Boolean))
    writeGroupFile(own, "cgroup.procs", pid);
}

/** One by one: a machine need not have all of them. */
function enable(folder: string): void {
  const there = (readGroupFile(folder, "cgroup.controllers") ?? "").split(" ");
  for (const controller of LIMITING)
    if (there.includes(controller)) writeGroupFile(folder, "cgroup.subtree_control", `+${controller}`);
}

/** Also for a hierarchy without controllers: what is in it can be ended by one word. */
export function openGroup(folder: string, limits: ReadonlySet<LimitedBy>): Group {
  mkdirSync(folder, { recursive: true });
  const events = () => readGroupFile(folder, "memory.events");
  return {
    joins: [join(folder, "cgroup.procs")],
    limit({ cpuPercent, memoryMegabytes, processes }) {
      if (limits.has("cpu") && cpuPercent !== undefined)
        writeGroupFile(folder, "cpu.max", `${quotaOf(cpuPercent)} ${CPU_PERIOD_US}`);
      if (limits.has("memory") && memoryMegabytes !== undefined) limitMemory(folder, memoryMegabytes * MB);
      if (limits.has("processes") && processes !== undefined)
        writeGroupFile(folder, "pids.max", processes + SANDBOX_PROCESSES);
    },
    read() {
      const cpu = readGroupFile(folder, "cpu.stat");
      if (cpu === undefined) return undefined;
      const stat = readGroupFile(folder, "memory.stat");
      return {
        memoryBytes: (valueIn(stat, "anon") ?? 0) + (valueIn(stat, "shmem") ?? 0),
        cpuMs: (valueIn(cpu, "usage_usec") ?? 0) / 1_000,
        processes: Number(readGroupFile(folder, "pids.current") ?? 0),
      };
    },
    // "oom": at the group's own limit; a machine that runs out of memory as a whole only counts as "oom_kill".
    ranOutOfMemory: () => (valueIn(events(), "oom") ?? 0) > 0 && (valueIn(events(), "oom_kill") ?? 0) > 0,
    remove: () => removeGroup([folder], () => kill(folder)),
  };
}

/** Without `memory.high`: beyond that mark the kernel slows programs down and ends none (cgroup v2, "Memory Interface Files"). */
function limitMemory(folder: string, bytes: number): void {
  writeGroupFile(folder, "memory.max", bytes);
  // All of them at once: an agent that has lost one of its programs goes on as if nothing had been.
  writeGroupFile(folder, "memory.oom.group", 1);
  if (existsSync(join(folder, "memory.swap.max"))) writeGroupFile(folder, "memory.swap.max", 0);
}

/** At once, and with what they are starting meanwhile; kernels before 5.14 have no such word. */
function kill(folder: string): void {
  if (existsSync(join(folder, "cgroup.kill"))) writeGroupFile(folder, "cgroup.kill", 1);
  else killMembers(folder);
}
