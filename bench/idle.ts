/** What Orch costs while nothing happens: memory of the whole system, alone and with sleeping agents; CPU with them. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Benchmark, Options, Report } from "./bench.ts";
import { cpuMs, type Memory, memoryOf, type Process, treeOf } from "./processes.ts";
import { median, round } from "./statistics.ts";
import { type System, startSystem } from "./system/system.ts";

const AGENTS = 50;
const AT_ONCE = 5;
/** After the start; and after the agents were started, until the last timer of a request has run out (GitHub's: 15 s). */
const START_SETTLE_MS = 5_000;
const AGENTS_SETTLE_MS = 25_000;
const WATCH_MS = 30_000;

/** Groups of processes, in the order of the table. The last is not ours to save on. */
const GROUPS = ["start", "redis", "bot", "worker", "tmux", "wrappers, views, sandboxes", "agents"] as const;
type Group = (typeof GROUPS)[number];

export const idle: Benchmark = {
  name: "idle",
  title: `memory of the idle system; memory and CPU with ${AGENTS} sleeping agents`,
  rounds: 1,
  run: measure,
};

async function measure(options: Options): Promise<Report> {
  const compileCache = await mkdtemp(join(tmpdir(), "orch-bench-cache-"));
  try {
    // A system is started once for the first time and many times after: measured is one of those.
    await (await startSystem({ agent: ["true"], slots: 1, compileCache })).stop();
    return await watchSystem(options, compileCache);
  } finally {
    await rm(compileCache, { recursive: true, force: true });
  }
}

async function watchSystem({ rounds, say }: Options, compileCache: string): Promise<Report> {
  const system = await startSystem({ agent: ["sleep", "3456"], slots: AGENTS, compileCache });
  try {
    const repository = await system.github.create({ name: "sleepers", files: 10 });
    await delay(START_SETTLE_MS);
    const alone = memory(system);
    for (let begun = 0; begun < AGENTS; begun += AT_ONCE) {
      say(`${begun} of ${AGENTS} agents sleep`);
      const commands = await Promise.all(Array.from({ length: AT_ONCE }, () => system.command(repository)));
      await Promise.all(
        commands.map(({ taskId }) =>
          system.until(taskId, ({ state }) => state.name === "running" && state.phase === "working"),
        ),
      );
    }
    await system.quiet();
    await delay(AGENTS_SETTLE_MS);
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

function groups(system: System): Map<Group, Process[]> {
  const roots = new Map([...system.pids].map(([name, pid]) => [pid, name as Group]));
  const tmux = new Set(system.tmuxPids());
  const everything = [...new Map([...roots.keys(), ...tmux].flatMap(treeOf).map((each) => [each.pid, each])).values()];
  const groupOf = ({ pid, command }: Process): Group => {
    if (tmux.has(pid)) return "tmux";
    if (command === "sleep 3456") return "agents";
    return roots.get(pid) ?? "wrappers, views, sandboxes";
  };
  return Map.groupBy(everything, groupOf);
}

function memory(system: System): Map<Group, Memory> {
  const sum = (processes: readonly Process[]) =>
    processes
      .map(({ pid }) => memoryOf(pid))
      .reduce((one, other) => ({ rss: one.rss + other.rss, pss: one.pss + other.pss }), { rss: 0, pss: 0 });
  return new Map([...groups(system)].map(([group, processes]) => [group, sum(processes)]));
}

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
  const ours = GROUPS.filter((group) => group !== "agents");
  const cpu = (group: Group) => median(watched.map((each) => each.get(group) ?? 0));
  const sum = (values: Map<Group, Memory>, key: keyof Memory) =>
    ours.reduce((total, group) => total + (values.get(group)?.[key] ?? 0), 0);
  const cells = (group: Group) =>
    [alone.get(group)?.rss, alone.get(group)?.pss, busy.get(group)?.rss, busy.get(group)?.pss, cpu(group)].map(
      (value) => round(value ?? 0),
    );
  const totals = [sum(alone, "rss"), sum(alone, "pss"), sum(busy, "rss"), sum(busy, "pss")].map(round);
  const totalCpu = ours.reduce((total, group) => total + cpu(group), 0);
  return {
    counted: [
      `Everything that orch start runs, itself (start) included: Redis, bot, worker host, tmux, and per agent a shell, the view of its pane and the sandbox's processes. ${AGENTS} agents are \`sleep\` in the sandbox; GitHub is elsewhere. Not the first start in this data folder: that one holds the compiler too, about 20 MB in bot and worker host each.`,
      "RSS counts a page that processes share once for each of them; PSS counts shares, so that the sum is what the machine really gives. CPU is user and system time of all of them by /proc, over 30 s.",
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
      { name: "alone: PSS", value: sum(alone, "pss"), unit: "MB" },
      { name: `${AGENTS} agents: PSS beside them`, value: sum(busy, "pss"), unit: "MB", goal: { atMost: 200 } },
      { name: `${AGENTS} agents: RSS beside them`, value: sum(busy, "rss"), unit: "MB" },
      { name: `${AGENTS} agents: CPU beside them`, value: totalCpu, unit: "% of a core", goal: { atMost: 0.5 } },
    ],
  };
}
