/** What it costs to let agents talk: how soon what one says is in the record, and what 50 of them cost their host. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Benchmark, Options, Report } from "../bench.ts";
import { startChild } from "../child.ts";
import { startRedis } from "../ingress/redis.ts";
import { memoryOf } from "../processes.ts";
import { median, quantile, round } from "../statistics.ts";

const RUNS = 50;
const EVERY_MS = 1_000;
const ROUND_S = 6;
const ORCH_AGENT = fileURLToPath(new URL("../../workers/talk-back/orch-agent", import.meta.url));

export const talk: Benchmark = {
  name: "talk",
  title: `an agent says something → it is in the record, ${RUNS} agents`,
  rounds: 4,
  run: measure,
};

async function measure({ rounds, say }: Options): Promise<Report> {
  const dir = mkdtempSync(join(tmpdir(), "orch-bench-talk-"));
  const redis = await startRedis();
  const host = startChild(new URL("host.ts", import.meta.url));
  const agents: Agent[] = [];
  try {
    const sockets = (await host.ask("open", { dir, redisUrl: redis.url, runs: RUNS })) as string[];
    const before = (await host.ask("used")) as number;
    await delay(5_000);
    const idle = (((await host.ask("used")) as number) - before) / 5_000;
    for (const socket of sockets) agents.push(await startAgent(socket));
    await talkFor(agents, 4, () => undefined); // code is compiled, and the SDK loaded
    const times: number[] = [];
    const share = async (work: () => Promise<unknown>) => {
      const [usedBefore, startedAt] = [(await host.ask("used")) as number, performance.now()];
      await work();
      return (((await host.ask("used")) as number) - usedBefore) / (performance.now() - startedAt);
    };
    const [talking, writing]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      say(`round ${round + 1} of ${rounds}`);
      talking.push(await share(() => talkFor(agents, ROUND_S, (ms) => times.push(ms))));
      writing.push(await share(() => host.ask("write", { runs: RUNS, seconds: ROUND_S })));
    }
    const bridges = agents.map(({ pid }) => memoryOf(pid));
    return report({ times, talking, writing, idle, bridges });
  } finally {
    for (const agent of agents) agent.end();
    await host.stop();
    await redis.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

type Agent = { pid: number; progress(text: string): Promise<void>; end(): void };

/** An agent's MCP client, as far as it takes one, on its bridge. */
async function startAgent(socket: string): Promise<Agent> {
  const bridge: ChildProcess = spawn(ORCH_AGENT, ["mcp"], {
    env: { ORCH_SOCKET: socket },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const { stdin, stdout } = bridge;
  if (!stdin || !stdout) throw new Error("the bridge has no pipes");
  const answers = createInterface({ input: stdout });
  let id = 0;
  const ask = async (method: string, params: object) => {
    id += 1;
    stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    const [line] = (await once(answers, "line")) as [string];
    const { result } = JSON.parse(line) as { result?: { isError?: boolean } };
    if (!result || result.isError) throw new Error(`the host refused: ${line}`);
  };
  const clientInfo = { name: "bench", version: "1" };
  await ask("initialize", { protocolVersion: "2025-06-18", capabilities: {}, clientInfo });
  stdin.write(`${JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" })}\n`);
  return {
    pid: bridge.pid ?? 0,
    progress: (text) => ask("tools/call", { name: "progress", arguments: { text } }),
    end: () => stdin.end(),
  };
}

/** Each says something every second, at its own moment of it. */
async function talkFor(agents: readonly Agent[], seconds: number, took: (ms: number) => void) {
  const startedAt = performance.now();
  await Promise.all(
    agents.map(async (agent, index) => {
      for (let second = 0; second < seconds; second++) {
        await delay(Math.max(0, startedAt + (second + index / agents.length) * EVERY_MS - performance.now()));
        const sentAt = performance.now();
        await agent.progress(`I am at step ${second} of what agent ${index} has to do.`);
        took(performance.now() - sentAt);
      }
    }),
  );
}

type Measured = {
  times: number[];
  /** Shares of a core, round by round. */
  talking: number[];
  writing: number[];
  idle: number;
  bridges: { rss: number; pss: number }[];
};

function report({ times, talking, writing, idle, bridges }: Measured): Report {
  const beside = talking.map((share, round) => share / (writing[round] ?? Number.NaN));
  const [rss, pss] = [bridges.map((each) => each.rss), bridges.map((each) => each.pss)];
  return {
    counted: [
      `${RUNS} agents, each with a bridge of its own that says \`progress\` once a second, ${times.length} in all.`,
      "From the client's line to the bridge until its answer is back, which is given when the record has it: the way back counts as well.",
      "The host's share of a core is that of a process in which nothing else goes on. In turn with it the same process writes the same records as often by itself: that is the yardstick.",
      "The bridges' memory is theirs after that.",
    ],
    tables: [
      {
        title: "milliseconds",
        rows: [
          ["", "p50", "p90", "p99", "max"],
          ["said → in the record", ...[0.5, 0.9, 0.99, 1].map((q) => round(quantile(times, q)))],
        ],
      },
    ],
    figures: [
      { name: "said → in the record: p99", value: quantile(times, 0.99), unit: "ms", goal: { atMost: 50 } },
      {
        name: `${RUNS} runs that talk once a second`,
        value: median(talking) * 100,
        unit: "% of a core",
        goal: { atMost: 2 },
      },
      { name: "beside writing the records alone", value: median(beside), unit: "×" },
      { name: `${RUNS} runs that say nothing`, value: idle * 100, unit: "% of a core" },
      { name: "a bridge: proportional", value: median(pss), unit: "MB", goal: { atMost: 10 } },
      { name: "a bridge: resident", value: median(rss), unit: "MB" },
    ],
  };
}
