/**
 * What a run may use of this machine, by which mechanism that would be held if the worker host were started as doctor is, and what holds
 * nothing. Also whether a run could begin now. Nothing is changed: what only a host may do is not tried.
 */

import { leastOf } from "../../src/settings/resources.ts";
import type { HostInfo } from "../../src/task/hosts.ts";
import { inForceWords, strainWords } from "../../src/words/limit-words.ts";
import { type CgroupPlaces, findCgroups } from "../../workers/limits/cgroup-places.ts";
import { openGroups1 } from "../../workers/limits/cgroup1.ts";
import { findBase } from "../../workers/limits/cgroup2.ts";
import { MB } from "../../workers/limits/group.ts";
import { freeMemory } from "../../workers/limits/headroom.ts";
import { inForce, type Means } from "../../workers/limits/in-force.ts";
import type { OperatorFile } from "../../workers/operator-file.ts";
import { type Check, note, ok, problem } from "./check.ts";

const HELD_BY = { cgroup2: "control groups v2", cgroup1: "control groups v1", none: "the host's watchdog" };
const NAMES = { cpuPercent: "processor time", memoryMegabytes: "memory", openFiles: "open files" } as const;

export function checkLimits(operator: OperatorFile, places: CgroupPlaces = findCgroups()): Check[] {
  const base = findBase(places);
  const version = "why" in base ? openGroups1(places, `orch-doctor-${process.pid}`)?.version : "cgroup2";
  return [mechanism(version, base), held(operator, version), ...headroom(operator, places)];
}

function mechanism(version: "cgroup1" | "cgroup2" | undefined, base: ReturnType<typeof findBase>): Check {
  const by = HELD_BY[version ?? "none"];
  if (version || !("why" in base)) return ok("limits", `memory and processor time are held by ${by}`);
  return note("limits", `memory and processor time are held by ${by}: ${base.why}`, base.remedy);
}

function held({ limits, sandbox }: OperatorFile, version: "cgroup1" | "cgroup2" | undefined): Check {
  const groups: Means["groups"] = version && {
    version,
    limits: new Set(["cpu", "memory", "processes"] as const),
    open: () => {
      throw new Error("doctor makes no groups");
    },
    has: () => false,
    names: () => [],
    close: () => undefined,
  };
  const resources = leastOf(limits);
  const means = { groups, countsByUser: sandbox !== "none" || process.getuid?.() === 0 };
  const free = Object.entries(NAMES).flatMap(([key, name]) =>
    resources[key as keyof typeof NAMES] === undefined ? [name] : [],
  );
  const none = free.length > 0 ? `; no limit of ${free.join(", ")}` : "";
  return ok("a run", `at most ${inForceWords(inForce(resources, means))}${none}`);
}

function headroom({ limits }: OperatorFile, places: CgroupPlaces): Check[] {
  const [freeBytes, wantedBytes] = [freeMemory(places), limits.freeMemoryMegabytes * MB];
  if (freeBytes >= wantedBytes) return [];
  const strain: NonNullable<HostInfo["strained"]> = { memory: { freeBytes, wantedBytes } };
  const remedy =
    "end what you can spare; the worker host takes tasks again by itself, or lower limits.freeMemoryMegabytes";
  return [problem("memory", `${strainWords(strain)}: the worker host takes no task`, remedy)];
}
