/** The memory of a whole system beside agents that hold one open connection each, such as the one to a model. */
import { setTimeout as delay } from "node:timers/promises";
import { BRIDGE_PORT } from "../../workers/network/bridge.ts";
import { round } from "../statistics.ts";
import { START_SETTLE_MS, startAgents, startSystemAgain } from "../system/agents.ts";
import { beside, GROUPS, memoryByGroup } from "../system/groups.ts";
import type { Servers } from "./server.ts";

const AGENTS = 20;

/** `rows`: a table of what each group of processes has more of, by agent. MB. */
export type OpenConnections = { agents: number; perAgent: number; rows: string[][] };

export async function measureConnections(servers: Servers, say: (line: string) => void): Promise<OpenConnections> {
  const place = `127.0.0.1:${servers.ports.silent}`;
  const agent = ["socat", "-u", `PROXY:127.0.0.1:${place},proxyport=${BRIDGE_PORT}`, "STDOUT"];
  const isAgent = (command: string) => command === agent.join(" ");
  const system = await startSystemAgain({ agent, slots: AGENTS, allow: [place] });
  try {
    const repository = await system.github.create({ name: "connected", files: 10 });
    await delay(START_SETTLE_MS);
    const before = memoryByGroup(system, isAgent);
    await startAgents(system, repository, { agents: AGENTS, say });
    const connected = await servers.connections();
    if (connected !== AGENTS) throw new Error(`${connected} agents are connected, not ${AGENTS}`);
    const after = memoryByGroup(system, isAgent);
    const more = GROUPS.map((group) => (after.get(group)?.pss ?? 0) - (before.get(group)?.pss ?? 0));
    return {
      agents: AGENTS,
      perAgent: (beside(after, "pss") - beside(before, "pss")) / AGENTS,
      rows: [["", "more"], ...GROUPS.map((group, index) => [group, round((more[index] ?? 0) / AGENTS)])],
    };
  } finally {
    await system.stop();
  }
}
