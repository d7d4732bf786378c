/** The processes of one Orch that belong to none of its programs, read from /proc: its agents and its tmux servers. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Orch } from "../support/orch.ts";

const pids = () => readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));

/** Everything that runs with an agent's environment, the program itself and what it has started. */
export function agentsOf({ stage }: Orch): number[] {
  const mark = `STAGE=${stage}\0`;
  return pids().filter((pid) => read(pid, "environ").includes(mark));
}

/** Servers, and not the clients that speak with them. */
export function tmuxServersOf({ dir }: Orch): number[] {
  return pids().filter((pid) => {
    if (!read(pid, "comm").startsWith("tmux: server")) return false;
    return read(pid, "cmdline").includes(join(dir, "/"));
  });
}

/** Empty when the process is gone, or not ours to look at. */
function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
