/** What it costs that one can see: the memory of a bot with dashboard and metrics beside one without, and the processor time of metrics and traces a task. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import pino from "pino";
import { freePort } from "../demo/free-port.ts";
import { makeMetrics } from "../src/metrics/metrics.ts";
import { BEGINNING } from "../src/task/history-news.ts";
import { readHosts } from "../src/task/hosts.ts";
import { keys } from "../src/task/keys.ts";
import { makeTaskQueue } from "../src/task/queue.ts";
import { connectRedis, waitForRedis } from "../src/task/redis.ts";
import { makeTaskStore } from "../src/task/store.ts";
import { type TraceDeps, tellTraces } from "../src/traces/tell-traces.ts";
import { makeViewReader } from "../src/views/reader.ts";
import type { Benchmark, Options, Report } from "./bench.ts";
import { cpuMs, type Memory, memoryOf } from "./processes.ts";
import { median, round } from "./statistics.ts";
import { START_SETTLE_MS, startSystemAgain } from "./system/agents.ts";
import type { RepositoryWithIssue } from "./system/github.ts";
import type { System } from "./system/system.ts";

const TASKS = 8;
const READINGS = 5;
const READ_EVERY_MS = 2_000;
/** So often Prometheus asks, if nothing else is said. */
const SCRAPE_S = 15;
const TOKEN = "bench-".repeat(8);
/** It says so, and changes nothing. */
const AGENT = ["/bin/sh", "-c", "cat >/dev/null; echo nothing to do"];

export const seeing: Benchmark = {
  name: "seeing",
  title: "memory of dashboard and metrics in an idle bot, processor time of metrics and traces a task",
  rounds: 5,
  run: measure,
};

type Side = { system: System; repository: RepositoryWithIssue };
type Turn = { without: number; with: number; own: Own };
/** Processor time in ms: what counting and telling takes a task, and one scrape besides. */
type Own = { task: number; scrape: number };

async function measure({ rounds, say }: Options): Promise<Report> {
  const collector = createServer((request, response) => void request.resume().once("end", () => response.end()));
  await new Promise<void>((resolve) => collector.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  const metrics = await freePort();
  const settings = {
    DASHBOARD_PORT: String(await freePort()),
    METRICS_PORT: String(metrics),
    METRICS_TOKEN: TOKEN,
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  };
  const scrape = () => scrapeAt(`http://127.0.0.1:${metrics}/metrics`);
  const systems: System[] = [];
  try {
    say("two systems start, one after the other");
    for (const each of [{}, settings]) systems.push(await startSystemAgain({ agent: AGENT, slots: 1, settings: each }));
    const [plain, seen] = (await Promise.all(systems.map(sideOf))) as [Side, Side];
    await scrape(); // what it needs is loaded by the first one
    await delay(START_SETTLE_MS);
    const memory = await memories(plain, seen);
    const turns: Turn[] = [];
    for (let turn = 0; turn <= rounds; turn++) {
      say(`round ${turn} of ${rounds}`);
      const both = async () => ({ without: await cpuOfTasks(plain), with: await cpuOfTasks(seen, scrape) });
      const other = async () => ({ with: await cpuOfTasks(seen, scrape), without: await cpuOfTasks(plain) });
      const used = await (turn % 2 ? both() : other());
      const own = await ownCpu(plain.system, { endpoint, headers: {} }, (turn + 1) * TASKS);
      if (turn > 0) turns.push({ ...used, own }); // the first one compiles code
    }
    return report(memory, turns);
  } finally {
    for (const system of systems) await system.stop();
    collector.close();
  }
}

const sideOf = async (system: System): Promise<Side> => ({
  system,
  repository: await system.github.create({ name: "seen", files: 10 }),
});

async function scrapeAt(url: string): Promise<void> {
  const answer = await fetch(url, { headers: { authorization: `Bearer ${TOKEN}` } });
  if (!answer.ok) throw new Error(`metrics: ${answer.status}`);
  await answer.text();
}

type Memories = Record<"without" | "with", Memory>;

/** Of the two bots, in the same moments. */
async function memories(plain: Side, seen: Side): Promise<Memories> {
  const read: Memories[] = [];
  const of = ({ system }: Side) => memoryOf(system.pids.get("bot") ?? 0);
  for (let nth = 0; nth < READINGS; nth++) {
    await delay(READ_EVERY_MS);
    read.push({ without: of(plain), with: of(seen) });
  }
  const middle = (side: keyof Memories) => ({
    rss: median(read.map((each) => each[side].rss)),
    pss: median(read.map((each) => each[side].pss)),
  });
  return { without: middle("without"), with: middle("with") };
}

/** All that Orch runs, agents left out, ms a task. `scrape`: as often as Prometheus would. */
async function cpuOfTasks({ system, repository }: Side, scrape?: () => Promise<void>): Promise<number> {
  const pids = [...system.pids.values(), ...system.tmuxPids(), ...system.networkPids()];
  const used = () => pids.reduce((sum, pid) => sum + cpuMs(pid), 0);
  const before = used();
  const from = performance.now();
  let scrapes = 0;
  for (let nth = 0; nth < TASKS; nth++) {
    const { taskId } = await system.command(repository);
    await system.until(taskId, ({ state }) => state.name === "settled");
    await system.quiet();
    await system.slotsFree();
  }
  // As many as were due, one at the least: what was over is counted then.
  const due = Math.max(1, Math.floor((performance.now() - from) / 1_000 / SCRAPE_S));
  for (; scrape && scrapes < due; scrapes++) await scrape();
  await delay(READ_EVERY_MS);
  return (used() - before) / TASKS;
}

/** The same code on the same records, alone in a process: it is too little to be seen among the rest. `tasks`: so many are over. */
async function ownCpu(system: System, collector: TraceDeps["collector"], tasks: number): Promise<Own> {
  const redis = connectRedis(system.redisUrl, "bench-seeing");
  const queue = makeTaskQueue(redis);
  try {
    await waitForRedis(redis, 10_000);
    const store = makeTaskStore(redis);
    const hosts = () => readHosts(redis, Date.now());
    const { around } = makeViewReader({ redis, store, queue, hosts, now: Date.now });
    const metrics = makeMetrics({ redis, store, around, now: Date.now });
    await metrics.scrape();
    const scrape = await cpuOf(() => metrics.scrape());
    await redis.mset(keys.counted, BEGINNING, keys.traced, BEGINNING);
    const counting = (await cpuOf(() => metrics.scrape())) - scrape;
    const log = pino({ level: "silent" });
    const telling = await cpuOf(() =>
      tellTraces({ redis, store, collector, version: "bench", log }, async () => undefined),
    );
    return { task: (Math.max(0, counting) + telling) / tasks, scrape };
  } finally {
    await queue.close();
    redis.disconnect();
  }
}

async function cpuOf(deed: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await deed();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

function report(memory: Memories, turns: readonly Turn[]): Report {
  const of = (key: "without" | "with") => median(turns.map((turn) => turn[key]));
  const own = (key: keyof Own) => median(turns.map((turn) => turn.own[key]));
  const share = median(turns.map(({ without, own: { task } }) => (task / without) * 100));
  const ratio = median(turns.map((turn) => turn.with / turn.without));
  return {
    counted: [
      `Two of all that orch start runs, one without dashboard, metrics and traces, one with all three. Memory is that of the two bots while nothing happens and nobody looks, after the metrics were read once; medians of ${READINGS} readings.`,
      `Then ${TASKS} tasks on each of them in alternating order, whose agents say that there is nothing to do: processor time of bot, worker host, Redis, tmux and network proxy a task, the other processes left out; metrics are read every ${SCRAPE_S} s, and once at the end.`,
      "Metrics and traces alone: what counting the tasks that are over and telling a collector of them takes, by the same code in the benchmark's own process, the collector on the other end included.",
    ],
    tables: [
      {
        title: "the bot while nothing happens, MB; processor time a task, ms",
        rows: [
          ["", "RSS", "PSS", "CPU"],
          ["without", round(memory.without.rss), round(memory.without.pss), round(of("without"))],
          ["with", round(memory.with.rss), round(memory.with.pss), round(of("with"))],
          ["metrics and traces alone", "", "", round(own("task"))],
        ],
      },
    ],
    figures: [
      {
        name: "dashboard and metrics: RSS",
        value: memory.with.rss - memory.without.rss,
        unit: "MB",
        goal: { atMost: 40 },
      },
      { name: "dashboard and metrics: PSS", value: memory.with.pss - memory.without.pss, unit: "MB" },
      { name: "metrics and traces of a task's processor time", value: share, unit: "%", goal: { atMost: 1 } },
      { name: "a task with them", value: ratio, unit: "× of one without" },
      { name: "one scrape", value: own("scrape"), unit: "ms of processor time" },
    ],
  };
}
