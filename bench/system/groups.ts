/** The processes of a running system, each in one group, so that what Orch needs is told apart from what its agents do. */
import { BRIDGE_PROCESS } from "../../workers/network/bridge.ts";
import { type Memory, memoryOf, type Process, treeOf } from "../processes.ts";
import type { System } from "./system.ts";

/** In the order of tables. The last is not ours to save on. */
export const GROUPS = [
  "start",
  "redis",
  "bot",
  "worker",
  "network proxy",
  "tmux",
  "wrappers, views, sandboxes",
  "bridges",
  "agents",
] as const;
export type Group = (typeof GROUPS)[number];

const BRIDGE_PROGRAMS: ReadonlySet<string> = new Set([BRIDGE_PROCESS, "socat"]);

/** Everything below `orch start` and what goes on without it. Whatever has no group of its own counts with the sandboxes. */
export function groupsOf(system: System, isAgent: (command: string) => boolean): Map<Group, Process[]> {
  const roots = new Map([...system.pids].map(([name, pid]) => [pid, name as Group]));
  const tmux = new Set(system.tmuxPids());
  const network = new Set(system.networkPids());
  const all = [...roots.keys(), ...tmux, ...network].flatMap(treeOf);
  const groupOf = ({ pid, command }: Process): Group => {
    if (tmux.has(pid)) return "tmux";
    if (network.has(pid)) return "network proxy";
    if (isAgent(command)) return "agents";
    if (isBridge(command)) return "bridges";
    return roots.get(pid) ?? "wrappers, views, sandboxes";
  };
  return Map.groupBy(new Map(all.map((each) => [each.pid, each])).values(), groupOf);
}

/** What waits for connections in a sandbox, and what carries one of them; those that start it only speak of it. */
const isBridge = (command: string) => BRIDGE_PROGRAMS.has(command.split(" ", 1)[0]?.split("/").at(-1) ?? "");

export function memoryByGroup(system: System, isAgent: (command: string) => boolean): Map<Group, Memory> {
  return new Map([...groupsOf(system, isAgent)].map(([group, processes]) => [group, sumOf(processes)]));
}

function sumOf(processes: readonly Process[]): Memory {
  const each = processes.map(({ pid }) => memoryOf(pid));
  return { rss: each.reduce((sum, { rss }) => sum + rss, 0), pss: each.reduce((sum, { pss }) => sum + pss, 0) };
}

/** Of everything that Orch needs, MB: the sum of all groups but the agents'. */
export function beside(values: ReadonlyMap<Group, Memory>, key: keyof Memory): number {
  return GROUPS.filter((group) => group !== "agents").reduce((sum, group) => sum + (values.get(group)?.[key] ?? 0), 0);
}
