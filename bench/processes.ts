/** What processes use, as the kernel counts it in /proc (proc(5)). */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

export type Process = { pid: number; parent: number; command: string };

/** `rss` counts pages that processes share once for each of them, `pss` by shares; MB. */
export type Memory = { rss: number; pss: number };

const MS_PER_TICK = 1_000 / Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

/** CPU time that a process has used so far, all its threads, user and system, ms. 0 when it is gone. */
export function cpuMs(pid: number): number {
  const fields = statFields(pid);
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * MS_PER_TICK;
}

export function memoryOf(pid: number): Memory {
  const text = read(`/proc/${pid}/smaps_rollup`);
  const megabytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0) / 1_024;
  return { rss: megabytes("Rss"), pss: megabytes("Pss") };
}

/** Everything that descends from `root`, and `root` itself. */
export function treeOf(root: number): Process[] {
  const children = Map.groupBy(allProcesses(), ({ parent }) => parent);
  const found: Process[] = [];
  let generation = [{ pid: root, parent: 0, command: commandOf(root) }];
  while (generation.length > 0) {
    found.push(...generation);
    generation = generation.flatMap(({ pid }) => children.get(pid) ?? []);
  }
  return found;
}

export function allProcesses(): Process[] {
  const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
  return pids.map((pid) => ({ pid, parent: Number(statFields(pid)[1] ?? 0), command: commandOf(pid) }));
}

/** The fields after the name, which may hold spaces itself: [0] is the state, [1] the parent. */
function statFields(pid: number): string[] {
  const text = read(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

function commandOf(pid: number): string {
  return read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();
}

/** Empty for a process that has just ended. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return "";
    throw error;
  }
}
