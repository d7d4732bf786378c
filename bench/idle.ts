/** What Orch costs while nothing happens: memory of the whole system, alone and with sleeping agents; CPU with them. */
import { setTimeout as delay } from "node:timers/promises";
import type { Benchmark, Options, Report } from "./bench.ts";
import { cpuMs, type Memory, type Process } from "./processes.ts";
import { median, round } from "./statistics.ts";
import { START_SETTLE_MS, startAgents, startSystemAgain } from "./system/agents.ts";
import { beside, GROUPS, type Group, groupsOf, memoryByGroup } from "./system/groups.ts";
import type { System } from "./system/system.ts";

const AGENTS = 50;
/** A quarter of the time in which an agent has to say something: so often each silent one is looked at, which costs most. */
const WATCH_MS = 75_000;

const AGENT = ["sleep", "3456"];
const isAgent = (command: string) => command === AGENT.join(" ");

export const idle: Benchmark = {
  name: "idle",
  title: `memory of the idle system; memory and CPU with ${AGENTS} sleeping agents`,
  rounds: 1,
  run: measure,
};

async function measure({ rounds, say }: Options): Promise<Report> {
  const system = await startSystemAgain({ agent: AGENT, slots: AGENTS });
  try {
    const repository = await system.github.create({ name: "sleepers", files: 10 });
    await delay(START_SETTLE_MS);
    const alone = memory(system);
    await startAgents(system, repository, { agents: AGENTS, say });
    const sleeping = groups(system).get("agents")?.length ?? 0;
    if (sleeping !== AGENTS) throw new Error(`${sleeping} agents sleep, not ${AGENTS}`);
    const watched: Map<Group, number>[] = [];
    for (let turn = 1; turn <= rounds; turn++) {
      say(`watching the CPU for ${WATCH_MS / 1_000} s, ${turn} of ${rounds}`);
      watched.push(await cpuPercent(system));
    }
    return report(alone, memory(system), watched);
  } finally {
    await system.stop();
  }
}

const groups = (system: System) => groupsOf(system, isAgent);
const memory = (system: System) => memoryByGroup(system, isAgent);

/** Of one core, by group, over the time of watching. */
async function cpuPercent(system: System): Promise<Map<Group, number>> {
  const before = new Map([...groups(system).values()].flat().map(({ pid }) => [pid, cpuMs(pid)]));
  const startedAt = performance.now();
  await delay(WATCH_MS);
  const ms = performance.now() - startedAt;
  const used = (processes: readonly Process[]) =>
    processes.reduce((sum, { pid }) => sum + cpuMs(pid) - (before.get(pid) ?? 0), 0);
  return new Map([...groups(system)].map(([group, processes]) => [group, (used(processes) / ms) * 100]));
}

function report(alone: Map<Group, Memory>, busy: Map<Group, Memory>, watched: readonly Map<Group, number>[]): Report {
  const cpu = (group: Group) => median(watched.map((each) => each.get(group) ?? 0));
  const cells = (group: Group) =>
    [alone.get(group)?.rss, alone.get(group)?.pss, busy.get(group)?.rss, busy.get(group)?.pss, cpu(group)].map(
      (value) => round(value ?? 0),
    );
  const totals = [beside(alone, "rss"), beside(alone, "pss"), beside(busy, "rss"), beside(busy, "pss")].map(round);
  const totalCpu = GROUPS.filter((group) => group !== "agents").reduce((total, group) => total + cpu(group), 0);
  return {
    counted: [
      `Everything that orch start runs, itself (start) included: Redis, bot, worker host, network proxy, tmux, and per agent a shell, the view of its pane, the sandbox's processes and the bridge to the proxy in it. ${AGENTS} agents are \`sleep\` in the sandbox; GitHub is elsewhere. Not the first start in this data folder: that one holds the compiler too, about 20 MB in bot and worker host each.`,
      `RSS counts a page that processes share once for each of them; PSS counts shares, so that the sum is what the machine really gives. CPU is user and system time of all of them by /proc, over ${WATCH_MS / 1_000} s.`,
    ],
    tables: [
      {
        title: "memory in MB, CPU in % of one core",
        rows: [
          ["", "alone RSS", "alone PSS", `${AGENTS} agents RSS`, `${AGENTS} agents PSS`, `${AGENTS} agents CPU`],
          ...GROUPS.map((group) => [group, ...cells(group)]),
          ["all but the agents", ...totals, round(totalCpu)],
        ],
      },
    ],
    figures: [
      { name: "alone: PSS", value: beside(alone, "pss"), unit: "MB" },
      { name: `${AGENTS} agents: PSS beside them`, value: beside(busy, "pss"), unit: "MB", goal: { atMost: 200 } },
      { name: `${AGENTS} agents: RSS beside them`, value: beside(busy, "rss"), unit: "MB" },
      { name: `${AGENTS} agents: CPU beside them`, value: totalCpu, unit: "% of a core", goal: { atMost: 0.5 } },
    ],
  };
}
