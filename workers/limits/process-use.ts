/** What a step's processes use, read from /proc: where there is no control group that knows. */
import { readFileSync } from "node:fs";
import { type Process, readText, treeOf } from "../sandbox/processes.ts";
import type { Usage } from "./group.ts";

/** All that runs below a step's wrapper, but for what shows its output. */
export const processesBelow = (wrapper: number, view?: number): Process[] =>
  treeOf(wrapper).filter(({ pid }) => pid !== wrapper && pid !== view);

/**
 * Pages that several processes share count for each of them, which is cheap to read; above `exactFrom` bytes that is looked at closely, and
 * each has only its part of them.
 */
export function useOf(processes: readonly Process[], exactFrom = Number.POSITIVE_INFINITY): Usage {
  const rough = sum(processes, ({ pid }) => residentBytes(pid));
  const memoryBytes = rough > exactFrom ? sum(processes, ({ pid }) => ownBytes(pid) ?? residentBytes(pid)) : rough;
  return { memoryBytes, cpuMs: sum(processes, ({ workedMs }) => workedMs), processes: countOf(processes) };
}

/** As the kernel counts them: a thread is one, too. */
const countOf = (processes: readonly Process[]): number => sum(processes, ({ threads }) => threads);

const sum = (processes: readonly Process[], of: (process: Process) => number): number =>
  processes.reduce((all, process) => all + of(process), 0);

const residentBytes = (pid: number): number => Number(readText(`/proc/${pid}/statm`).split(" ")[1] ?? 0) * pageBytes();

/** Undefined where that may not be looked at, or the kernel does not say it. */
function ownBytes(pid: number): number | undefined {
  const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(readText(`/proc/${pid}/smaps_rollup`))?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1_024;
}

let known: number | undefined;

/** Not the same on all machines. */
function pageBytes(): number {
  known ??= Number(/^KernelPageSize:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/smaps", "utf8"))?.[1] ?? 4) * 1_024;
  return known;
}
