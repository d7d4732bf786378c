/** What the bot says of what a run's programs may use of their machine: what holds, how that is held, what was used, and a limit that was reached. */
import type { HostInfo } from "../task/hosts.ts";
import type { Held, InForce, Mechanism, OverLimit } from "../task/in-force.ts";
import { bytes, count, duration } from "../text/amounts.ts";

/** Completes "…, because": a clause. */
export function reachedLimit({ limit, used, allowed }: OverLimit): string {
  if (limit === "processes")
    return `it had ${count(used, "process", "processes")} at once, and may have ${allowed.toLocaleString("en")}`;
  const more = used > allowed ? `they had come to ${bytes(used)}` : "and they needed more";
  return `its programs may use ${bytes(allowed)} of memory together, ${used > allowed ? "and " : ""}${more}`;
}

/** How far a host's machine is beyond its operator's marks. */
export function strainWords({ memory, cpu }: NonNullable<HostInfo["strained"]>): string {
  return [
    ...(memory ? [`${bytes(memory.freeBytes)} of memory free, ${bytes(memory.wantedBytes)} wanted`] : []),
    ...(cpu ? [`its processors are busy to ${cpu.percent} %, ${cpu.mark} % at most`] : []),
  ].join("; ");
}

const mechanismWords: Record<Mechanism, string> = {
  cgroup2: "control groups v2",
  cgroup1: "control groups v1",
  rlimit: "the kernel's limits",
  watchdog: "the host's watchdog",
};

const heldWords: Record<Held["what"], (most: number) => string> = {
  cpu: (most) => `${most} % of a core`,
  memory: (most) => `${bytes(most)} of memory`,
  processes: (most) => count(most, "process", "processes"),
  open_files: (most) => `${count(most, "open file")} each`,
  disk: (most) => `${bytes(most)} on the disk`,
};

/** E.g. "50 % of a core, 512 MB of memory (control groups v1), 4,096 processes (the kernel's limits)". */
export function inForceWords(held: InForce): string {
  const by = Map.groupBy(held, (each) => each.by);
  return [...by]
    .map(([mechanism, those]) => {
      const all = those.map(({ what, most }) => heldWords[what]?.(most) ?? what).join(", ");
      return `${all} (${mechanismWords[mechanism] ?? mechanism})`;
    })
    .join(", ");
}

/** E.g. "612 MB of memory at most, 34s of processor time"; undefined where neither is known. */
export function usedOfMachine(used: {
  peakRssBytes?: number | undefined;
  cpuSeconds?: number | undefined;
}): string | undefined {
  const { peakRssBytes, cpuSeconds } = used;
  const parts = [
    ...(peakRssBytes ? [`${bytes(peakRssBytes)} of memory at most`] : []),
    ...(cpuSeconds === undefined ? [] : [`${duration(cpuSeconds * 1_000)} of processor time`]),
  ];
  return parts.length === 0 ? undefined : parts.join(", ");
}
