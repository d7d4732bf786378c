/** The dashboard at 200 open tasks: its first page, from a change to its row, what a viewer costs the bot, and webhooks beside a hundred viewers. */
import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { TaskSpec } from "../../src/task/task-spec.ts";
import type { Benchmark, Options, Report } from "../bench.ts";
import { type Child, CLIENT_CORE, SERVER_CORE, startChild } from "../child.ts";
import type { Load, Loaded } from "../ingress/ingress.ts";
import { makeTemplates, PLACEHOLDER } from "../ingress/payload.ts";
import { startRedis } from "../ingress/redis.ts";
import { cpuMs, memoryOf } from "../processes.ts";
import { median, quantile, round } from "../statistics.ts";

export type ServerOptions = { redisUrl: string; secret: string; path: string };
export type Served = { port: number; url: string };
export type ViewersOptions = { redisUrl: string; url: string; tasks: number; tabs: number; spec: TaskSpec };
export type Loads = { latencies: number[]; bytes: number };
export const LETTERS = "abcdefghijklmnopqrstuvwxyz";

const PATH = "/api/github/webhooks";
const TASKS = 200;
const VIEWERS = 100;
const LOADS = 50;
const CHANGES = 60;
/** Deliveries of one side of a round; far from filling a core, as it is at work. */
const DELIVERIES = 3_000;
const CONNECTIONS = 2;
const WATCH_MS = 15_000;
const SETTLE_MS = 2_000;

const SPEC: TaskSpec = {
  ...{ id: "", number: 1, conversation: 1, installationId: 1, requestedAt: 0, acceptedAt: 0 },
  repository: { id: 10, owner: "octo-org", name: "sample" },
  title: "The sum is wrong where one of the numbers is negative",
  target: { kind: "issue", defaultBranch: "main" },
  origin: { kind: "comment", id: 1, line: 1, url: "https://github.example/octo-org/sample/issues/1#issuecomment-1" },
  actor: { id: 5, login: "maintainer" },
  instruction: "fix the failing tests, and say in the changelog what users notice of it",
};

type Side = { viewers: number; cpu: number; mb: number; webhooks: number };
type Turn = { alone: Side; watched: Side; pages: Loads; rows: number[] };

export const dashboard: Benchmark = {
  name: "dashboard",
  title: `the first page at ${TASKS} open tasks, change → row, and what ${VIEWERS} viewers cost the bot`,
  rounds: 5,
  run: measure,
};

async function measure({ rounds, say }: Options): Promise<Report> {
  const secret = randomBytes(20).toString("hex");
  const { chatter: template } = await makeTemplates();
  const redis = await startRedis();
  const server = startChild(new URL("server.ts", import.meta.url), { core: SERVER_CORE });
  const viewers = startChild(new URL("viewers.ts", import.meta.url), { core: CLIENT_CORE });
  const client = startChild(new URL("../ingress/load.ts", import.meta.url), { core: CLIENT_CORE });
  try {
    const served = (await server.ask("start", { redisUrl: redis.url, secret, path: PATH })) as Served;
    const { port, url } = served;
    await viewers.ask("start", {
      redisUrl: redis.url,
      url,
      tasks: TASKS,
      tabs: VIEWERS,
      spec: SPEC,
    } satisfies ViewersOptions);
    await viewers.ask("load", LOADS); // its code is compiled before it is measured
    let firstId = 1_000_000_000;
    const webhooks = async (): Promise<number> => {
      firstId += DELIVERIES;
      const own = { port, path: PATH, secret, template, placeholder: PLACEHOLDER };
      const load: Load = { ...own, firstId, count: DELIVERIES, connections: CONNECTIONS };
      return quantile(((await client.ask("send", load)) as Loaded).latencies, 0.95);
    };
    await webhooks();
    const turns: Turn[] = [];
    for (let turn = 1; turn <= rounds; turn++) {
      say(`round ${turn} of ${rounds}`);
      const sides = turn % 2 ? [0, VIEWERS] : [VIEWERS, 0];
      const [one, other] = [
        await side(viewers, server, webhooks, sides[0] ?? 0),
        await side(viewers, server, webhooks, sides[1] ?? 0),
      ];
      const [alone, watched] = turn % 2 ? [one, other] : [other, one];
      const pages = (await viewers.ask("load", LOADS)) as Loads;
      await viewers.ask("open", 1);
      const rows = (await viewers.ask("rows", CHANGES)) as number[];
      await viewers.ask("close");
      turns.push({ alone, watched, pages, rows });
    }
    return report(turns);
  } finally {
    for (const child of [client, viewers, server]) await child.stop();
    await redis.stop();
  }
}

/** With so many tabs open, while four tasks change each second. */
async function side(viewers: Child, server: Child, webhooks: () => Promise<number>, tabs: number): Promise<Side> {
  await viewers.ask("open", tabs);
  await viewers.ask("change", true);
  await delay(SETTLE_MS);
  const p95 = await webhooks();
  await delay(SETTLE_MS);
  const before = cpuMs(server.pid);
  const startedAt = performance.now();
  await delay(WATCH_MS);
  const cpu = ((cpuMs(server.pid) - before) / (performance.now() - startedAt)) * 100;
  const { pss: mb } = memoryOf(server.pid);
  await viewers.ask("change", false);
  await viewers.ask("close");
  return { viewers: tabs, cpu, mb, webhooks: p95 };
}

function report(turns: readonly Turn[]): Report {
  const of = (side: "alone" | "watched", key: keyof Side) => median(turns.map((turn) => turn[side][key]));
  const each = (key: "cpu" | "mb") => median(turns.map(({ alone, watched }) => (watched[key] - alone[key]) / VIEWERS));
  const pages = turns.flatMap((turn) => turn.pages.latencies);
  const rows = turns.flatMap((turn) => turn.rows);
  const bytes = Math.max(...turns.map((turn) => turn.pages.bytes));
  const webhooks = median(turns.map(({ alone, watched }) => watched.webhooks / alone.webhooks));
  return {
    counted: [
      `${TASKS} open tasks, half of which run; a bot's ingress and dashboard are one process on a core of its own, Redis and everybody who asks share the other.`,
      `The first page: ${LOADS} loads a round, one after the other, each with its own connection, until the last packed byte is there. Change → row: from before a task is changed until its row has come to a tab, ${CHANGES} times a round.`,
      `With and without ${VIEWERS} tabs in alternating order, while four tasks change each second: CPU of the bot over ${WATCH_MS / 1_000} s, its memory (PSS) at the end, and the p95 of ${DELIVERIES} deliveries on ${CONNECTIONS} connections. Medians over rounds; differences and ratios are taken within each round.`,
      "Tabs are connections whose events are read and thrown away: what a browser makes of them is not counted.",
    ],
    tables: [
      {
        title: "the bot, by how many tabs look at the first page",
        rows: [
          ["", "CPU, % of a core", "memory, MB", "webhook p95, ms"],
          ["none", ...(["cpu", "mb", "webhooks"] as const).map((key) => round(of("alone", key)))],
          [`${VIEWERS} tabs`, ...(["cpu", "mb", "webhooks"] as const).map((key) => round(of("watched", key)))],
        ],
      },
    ],
    figures: [
      {
        name: `first page at ${TASKS} open tasks: p95`,
        value: quantile(pages, 0.95),
        unit: "ms",
        goal: { atMost: 100 },
      },
      { name: "first page, packed", value: bytes / 1_000, unit: "kB", goal: { atMost: 30 } },
      { name: "change → row: p95", value: quantile(rows, 0.95), unit: "ms", goal: { atMost: 300 } },
      { name: "CPU for each viewer", value: each("cpu"), unit: "% of a core", goal: { atMost: 0.1 } },
      { name: "memory for each viewer", value: each("mb"), unit: "MB", goal: { atMost: 0.2 } },
      { name: `webhook p95 beside ${VIEWERS} viewers`, value: webhooks, unit: "×", goal: { atMost: 1.05 } },
    ],
  };
}
