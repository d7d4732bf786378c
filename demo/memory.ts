/**
 * Resident memory of Orch's own processes and of the agents, sampled while the demo runs. Pages that several processes
 * share (Node's own program above all) are counted once: the kernel's proportional set size.
 */
import { readdirSync, readFileSync } from "node:fs";

export type Sample = { at: number; systemMb: number; agentMb: number };

/** Every 250 ms: Redis, bot, worker host, its network proxy and tmux on one side, everything in the tmux sessions on the other. */
export function sampleMemory(pids: ReadonlyMap<string, number>): { samples: Sample[]; stop(): void } {
  const samples: Sample[] = [];
  const take = () => {
    const tree = readProcesses();
    const roots = [...pids.values()];
    // tmux leaves its parent, so it is found by its socket below the demo's folder; agents are its panes' descendants.
    const own = new Set<number>();
    for (const root of roots) for (const pid of descendants(tree, root)) own.add(pid);
    const servers = [...tree.values()].filter((process) => process.name.startsWith("tmux: server"));
    const mine = servers.filter((server) => isBelow(server.pid, roots));
    const agents = new Set(
      mine.flatMap((server) => [...descendants(tree, server.pid)].filter((pid) => pid !== server.pid)),
    );
    for (const server of mine) own.add(server.pid);
    const sum = (set: ReadonlySet<number>) => [...set].reduce((total, pid) => total + proportionalMb(pid), 0);
    samples.push({ at: Date.now(), systemMb: sum(own), agentMb: sum(agents) });
  };
  const timer = setInterval(take, 250);
  take();
  return { samples, stop: () => clearInterval(timer) };
}

type Process = { pid: number; parent: number; name: string };

function readProcesses(): Map<number, Process> {
  const found = new Map<number, Process>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const status = readStatus(Number(name));
    if (status) found.set(status.pid, status);
  }
  return found;
}

function readStatus(pid: number): Process | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/status`, "utf8");
    const field = (key: string) => new RegExp(`^${key}:\\s+(.+)$`, "m").exec(text)?.[1] ?? "";
    return { pid, parent: Number(field("PPid")), name: field("Name") };
  } catch {
    return undefined; // it has ended between the listing and the reading
  }
}

function proportionalMb(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0) / 1024;
  } catch {
    return 0; // it has ended meanwhile
  }
}

function descendants(tree: ReadonlyMap<number, Process>, root: number): Set<number> {
  const found = new Set([root]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const { pid, parent } of tree.values()) {
      if (found.has(parent) && !found.has(pid)) {
        found.add(pid);
        grown = true;
      }
    }
  }
  return found;
}

/** True when the server was started by the worker host of this demo: its environment or arguments name the same folder. */
function isBelow(server: number, roots: readonly number[]): boolean {
  try {
    const socket =
      readFileSync(`/proc/${server}/cmdline`, "utf8")
        .split("\0")
        .find((word) => word.includes("/tmux/")) ?? "";
    const data = roots
      .map((pid) => readFileSync(`/proc/${pid}/environ`, "utf8"))
      .map((text) => /(?:^|\0)ORCH_DATA=([^\0]+)/.exec(text)?.[1]);
    return data.some((dir) => dir !== undefined && socket.startsWith(dir));
  } catch {
    return false;
  }
}
