/**
 * A control group of the kernel for the programs of one step: what it lets them use, what they have used, and their end. Both versions of
 * control groups have the same words here; where neither can be had the watchdog stands in (`watchdog.ts`).
 */
import { existsSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Resources } from "../../src/settings/resources.ts";
import { signal } from "../sandbox/processes.ts";
import type { Controller } from "./cgroup-places.ts";

export type Usage = {
  /** What its processes hold, in bytes, without what the kernel only keeps of files for them. */
  memoryBytes: number;
  /** Processor time so far, ms. */
  cpuMs: number;
  processes: number;
};

export type Group = {
  /** A process joins by writing 0 into each of these files; what it starts is in the group as well. */
  joins: readonly string[];
  limit(resources: Resources): void;
  /** Undefined when the group is gone. */
  read(): Usage | undefined;
  /** Whether the kernel has ended something in it because the group had all the memory that it may have. */
  ranOutOfMemory(): boolean;
  /** Ends whatever is in it, and removes it. @throws when something does not end */
  remove(): Promise<void>;
};

export type LimitedBy = "cpu" | "memory" | "processes";

export type Groups = {
  version: "cgroup2" | "cgroup1";
  /** What it can limit here. */
  limits: ReadonlySet<LimitedBy>;
  /** Makes the group of this name, or finds it. */
  open(name: string): Group;
  /** Whether it is there. */
  has(name: string): boolean;
  /** Of all that were made by this host, now or in an earlier life. */
  names(): string[];
  /** Removes the folder that they stand in, when there is none left. */
  close(): void;
};

/** Which controller of the kernel holds which limit. */
const HELD_BY = { cpu: "cpu", memory: "memory", processes: "pids" } as const satisfies Record<LimitedBy, Controller>;

type Limiting = (typeof HELD_BY)[LimitedBy];
/** The controllers that hold a limit. */
export const LIMITING: readonly Limiting[] = Object.values(HELD_BY);

/** What can be limited where `can` says which of these controllers can be used. */
export const limitsBy = (can: (controller: Limiting) => boolean): Set<LimitedBy> =>
  new Set((Object.keys(HELD_BY) as LimitedBy[]).filter((what) => can(HELD_BY[what])));

/** What is told before the end of the memory is reached, as a part of it. */
export const SOFT = 0.9;
/** Processes of the sandbox itself. */
export const SANDBOX_PROCESSES = 16;
export const CPU_PERIOD_US = 100_000;
export const MB = 1024 ** 2;

/** As the kernel wants it: in so many microseconds of a period. */
export const quotaOf = (cpuPercent: number): number => Math.round((cpuPercent / 100) * CPU_PERIOD_US);

/** Undefined where there is no such file, or no such group any more. */
export function readGroupFile(folder: string, name: string): string | undefined {
  try {
    return readFileSync(join(folder, name), "utf8").trim();
  } catch (error) {
    if (["ENOENT", "ENODEV"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}

export const writeGroupFile = (folder: string, name: string, value: string | number): void =>
  writeFileSync(join(folder, name), String(value), { flag: "r+" });

/** `name value` lines, as in `memory.stat`. */
export function valueIn(text: string | undefined, name: string): number | undefined {
  const line = text?.split("\n").find((each) => each.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

export function killMembers(folder: string): void {
  for (const pid of (readGroupFile(folder, "cgroup.procs") ?? "").split("\n").filter(Boolean))
    signal(Number(pid), "SIGKILL");
}

/** False while something in it has not ended. */
export function removed(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return true;
    if (code === "EBUSY" || code === "ENOTEMPTY") return false;
    throw error;
  }
}

/** Names of the groups in a folder. */
export function groupsIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}
