/** webhook → stored: Orch's ingress against bare @octokit/webhooks with a BullMQ `add`. */
import { randomBytes } from "node:crypto";
import { connectRedis } from "../../src/task/redis.ts";
import type { Benchmark, Options, Report } from "../bench.ts";
import { type Child, CLIENT_CORE, canPin, SERVER_CORE, startChild } from "../child.ts";
import { cpuMs } from "../processes.ts";
import { median, quantile, round } from "../statistics.ts";
import { makeTemplates, PLACEHOLDER, type Templates } from "./payload.ts";
import { startRedis } from "./redis.ts";

export type ServerOptions = { redisUrl: string; secret: string; path: string };

/** What the load generator sends. */
export type Load = {
  port: number;
  path: string;
  secret: string;
  template: string;
  placeholder: string;
  firstId: number;
  count: number;
  connections: number;
};
export type Loaded = { ms: number; latencies: number[] };

const PATH = "/api/github/webhooks";
const CONNECTIONS = 20;
/** A server lives for weeks: its code is compiled before it is measured, and a round is long enough for the kernel's 10 ms clock of CPU. */
const REQUESTS = 10_000;
const WARM_UP = 10_000;

type Side = "orch" | "yardstick";
type Kind = keyof Templates;
const KINDS: readonly Kind[] = ["command", "quoting", "chatter"];
type Sample = { perSecond: number; cpuUs: number; p50: number; p99: number };

export const ingress: Benchmark = {
  name: "ingress",
  title: "webhook → stored, against bare @octokit/webhooks + BullMQ add",
  rounds: 7,
  run: measure,
};

async function measure({ rounds, say }: Options): Promise<Report> {
  const secret = randomBytes(20).toString("hex");
  const templates = await makeTemplates();
  const redis = await startRedis();
  const files = { orch: "orch-server.ts", yardstick: "yardstick-server.ts", load: "load.ts" };
  const start = (file: string, core: number) => startChild(new URL(file, import.meta.url), { core });
  const servers = { orch: start(files.orch, SERVER_CORE), yardstick: start(files.yardstick, SERVER_CORE) };
  const client = start(files.load, CLIENT_CORE);
  const admin = connectRedis(redis.url, "bench");
  try {
    const options: ServerOptions = { redisUrl: redis.url, secret, path: PATH };
    const ports = {
      orch: (await servers.orch.ask("start", options)) as number,
      yardstick: (await servers.yardstick.ask("start", options)) as number,
    };
    let firstId = 1_000_000_000;
    const once = async (side: Side, kind: Kind, count: number): Promise<Sample> => {
      firstId += count;
      const load = { port: ports[side], path: PATH, secret, placeholder: PLACEHOLDER, connections: CONNECTIONS };
      const sample = await send(client, servers[side], { ...load, template: templates[kind], firstId, count });
      await admin.flushall();
      return sample;
    };
    const samples: Record<Kind, Record<Side, Sample[]>> = {
      command: { orch: [], yardstick: [] },
      quoting: { orch: [], yardstick: [] },
      chatter: { orch: [], yardstick: [] },
    };
    for (const kind of KINDS) {
      for (const side of ["orch", "yardstick"] as const) await once(side, kind, WARM_UP);
      for (let turn = 1; turn <= rounds; turn++) {
        say(`${kind}, round ${turn} of ${rounds}`);
        const order: Side[] = turn % 2 ? ["orch", "yardstick"] : ["yardstick", "orch"];
        for (const side of order) samples[kind][side].push(await once(side, kind, REQUESTS));
      }
    }
    return report(samples, templates);
  } finally {
    admin.disconnect();
    for (const child of [client, servers.orch, servers.yardstick]) await child.stop();
    await redis.stop();
  }
}

async function send(client: Child, server: Child, load: Load): Promise<Sample> {
  const before = cpuMs(server.pid);
  const { ms, latencies } = (await client.ask("send", load)) as Loaded;
  const cpu = cpuMs(server.pid) - before;
  return {
    perSecond: (load.count / ms) * 1_000,
    cpuUs: (cpu / load.count) * 1_000,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
  };
}

function report(samples: Record<Kind, Record<Side, Sample[]>>, templates: Templates): Report {
  const of = (kind: Kind, side: Side, key: keyof Sample) => median(samples[kind][side].map((sample) => sample[key]));
  /** Ratio within each round: what disturbs the machine disturbs both sides of a round. */
  const ratio = (kind: Kind, key: keyof Sample) =>
    median(
      samples[kind].orch.map((sample, turn) => sample[key] / (samples[kind].yardstick[turn]?.[key] ?? Number.NaN)),
    );
  const table = (title: string, kind: Kind) => ({
    title,
    rows: [
      ["", "req/s", "CPU µs/req", "p50 ms", "p99 ms", "server's core, %"],
      ...(["yardstick", "orch"] as const).map((side) => [
        side,
        ...(["perSecond", "cpuUs", "p50", "p99"] as const).map((key) => round(of(kind, side, key))),
        round((of(kind, side, "perSecond") * of(kind, side, "cpuUs")) / 10_000),
      ]),
    ],
  });
  const kilobytes = (templates.command.length / 1_000).toFixed(1);
  return {
    counted: [
      `${REQUESTS} signed issue_comment.created deliveries (${kilobytes} kB, each a new comment with a command) a round, ${CONNECTIONS} kept-alive connections.`,
      canPin()
        ? "The server has one core for itself; client and Redis (AOF, fsync each second) share another."
        : "Not pinned to cores (no taskset, or one core): expect more noise.",
      "Orch: body limit, signature, payload parsed into our types, command found (by a Markdown parser where the comment has code, links, tags or a quote that runs on), one script that stores comment and inbox, a log line. Not counted: what follows the answer (permission, task, job).",
      "Yardstick: createNodeMiddleware, a regular expression, queue.add with a job id; no log. Nothing consumes either.",
      "Where a server's core is far from full, client and Redis are the limit: its CPU then says more than its rate.",
      "CPU is that of the server process. Medians over rounds; ratios are taken within each round.",
    ],
    tables: [
      table("a comment with a command", "command"),
      table("a comment with a command below a quote", "quoting"),
      table("a comment that does not concern us", "chatter"),
    ],
    figures: [
      {
        name: "command: rate against the yardstick",
        value: ratio("command", "perSecond"),
        unit: "×",
        goal: { atLeast: 0.9 },
      },
      {
        name: "command: CPU per delivery against the yardstick",
        value: ratio("command", "cpuUs"),
        unit: "×",
        goal: { atMost: 1.15 },
      },
      {
        name: "below a quote: rate against the yardstick",
        value: ratio("quoting", "perSecond"),
        unit: "×",
        goal: { atLeast: 0.9 },
      },
      { name: "not for us: CPU per delivery against the yardstick", value: ratio("chatter", "cpuUs"), unit: "×" },
    ],
  };
}
