/** What the bookkeeping of plans costs: from a node's end to the next one's job, and all of a plan against as many tasks without one. */
import type { Redis } from "ioredis";
import { keys } from "../src/task/keys.ts";
import { connectBlockingRedis } from "../src/task/redis.ts";
import type { Benchmark, Options, Report } from "./bench.ts";
import { startRedis } from "./ingress/redis.ts";
import { graph, LANES, nodeOf, openWorld, type World, workThrough } from "./plans-at-work.ts";
import { median, quantile, round } from "./statistics.ts";
import { tokensOfDemo } from "./team-tokens.ts";
import { timed } from "./timed.ts";

const NODES = 40;
const PLANS = 5;
const CHAIN = 40;
const SMALL = 20;
const AGENTS = 50;
const IDLE_MS = 20_000;

export const teams: Benchmark = {
  name: "teams",
  title: `plans of up to ${NODES} nodes: from a node's end to the next one's job, and all of it against tasks without a plan`,
  rounds: 3,
  run: measure,
};

type Round = { nextMs: number[]; plannedMs: number; bareMs: number; bytes: number; share: number };

async function measure({ rounds, say }: Options): Promise<Report> {
  const results: Round[] = [];
  for (let turn = 1; turn <= rounds; turn++) {
    say(`round ${turn} of ${rounds}`);
    results.push(await once());
  }
  return report(results);
}

async function once(): Promise<Round> {
  const server = await startRedis();
  const world = await openWorld(server.url);
  try {
    const nextMs = await chain(world);
    const plannedMs = await timed(async () => {
      for (let plan = 0; plan < PLANS; plan++) await workThrough(world, await world.approve(graph(NODES)), NODES);
    });
    const bareMs = await timed(() => bare(world, PLANS * NODES));
    const small = await world.approve(graph(SMALL));
    await workThrough(world, small, SMALL);
    const bytes = await bytesOf(world.redis, [
      keys.plan(small),
      keys.planTasks(small),
      ...(await nodeKeys(world, small)),
    ]);
    return { nextMs, plannedMs, bareMs, bytes, share: await idleShare(world) };
  } finally {
    await world.close();
    await server.stop();
  }
}

async function bare({ dispatcher, specOf, work }: World, count: number): Promise<void> {
  for (let index = 0; index < count; index++) await dispatcher.accept(specOf());
  for (let done = 0; done < count; ) if ((await work(LANES.agent, () => true)) !== undefined) done += 1;
}

/** One node behind another: how long each time from an end to the message that there is a job, ms. */
async function chain(world: World): Promise<number[]> {
  const listener = connectBlockingRedis(world.url, "bench-jobs");
  await listener.subscribe(keys.jobs);
  let heard = Promise.withResolvers<number>();
  listener.on("message", () => heard.resolve(performance.now()));
  const nodes = Array.from({ length: CHAIN }, (_, index) => nodeOf(index, index === 0 ? [] : [index - 1]));
  const plan = await world.approve(nodes);
  const times: number[] = [];
  await heard.promise;
  for (let done = 1; done < CHAIN; done++) {
    heard = Promise.withResolvers<number>();
    while ((await world.work(LANES.own, (id) => id !== plan)) === undefined) await new Promise(setImmediate);
    times.push((await heard.promise) - world.endedAt());
  }
  listener.disconnect();
  return times;
}

/** Part of a core that plans take with so many agents at work, in which nothing happens but that the bot looks. */
async function idleShare(world: World): Promise<number> {
  const each = 3;
  for (let started = 0; started < AGENTS; started += each) await world.approve(graph(NODES).slice(0, each));
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / IDLE_MS;
}

async function nodeKeys({ store }: World, plan: string): Promise<string[]> {
  return (await store.idsOfNodes(plan)).flatMap((id) => [keys.task(id), keys.timeline(id)]);
}

async function bytesOf(redis: Redis, all: readonly string[]): Promise<number> {
  const sizes = await Promise.all(all.map((key) => redis.memory("USAGE", key, "SAMPLES", 0)));
  return sizes.reduce<number>((sum, size) => sum + Number(size ?? 0), 0);
}

function report(results: readonly Round[]): Report {
  const middle = (of: (round: Round) => number) => median(results.map(of));
  const next = results.flatMap(({ nextMs }) => nextMs);
  const { team, single, agents, turns } = tokensOfDemo();
  const each = (ms: number) => round(ms / (PLANS * NODES));
  return {
    counted: [
      `From a node's end to the next one's job: ${CHAIN} nodes, one behind another; from before the host begins to tell the end until Redis says that there is a job.`,
      `All of it: ${PLANS} plans of ${NODES} nodes, each behind two others, three at a time. Yardstick: as many tasks without a plan, accepted by the same bot. One host takes, claims and ends them one after the other; bot and host are one process. No agent, no report.`,
      `Redis: the plan's record and the records and timelines of its ${SMALL} nodes' tasks. Messages are not counted: \`messages\` has them.`,
      `Tokens: the demo's plan, planned and worked on by ${agents} agents in ${turns.team} turns, with its question, its conflict and its second try, beside one agent that does the same in ${turns.single}. No model is asked: what is counted are Orch's own prompts and tools, the demo's files and what is written, four characters a token, and all of a conversation with each turn. Every agent lists the files; the one, and the planner, read all of them, a node's agent those that it changes and was not given.`,
      `At rest: ${AGENTS} nodes at work for ${IDLE_MS / 1_000} s, in which nothing happens.`,
    ],
    tables: [
      {
        title: "ms for each node, or task",
        rows: [
          ["in plans", "without"],
          [each(middle(({ plannedMs }) => plannedMs)), each(middle(({ bareMs }) => bareMs))],
        ],
      },
    ],
    figures: [
      { name: "tokens of a team ÷ those of one agent", value: team / single, unit: "×", goal: { atMost: 3 } },
      { name: "a node's end to the next one's job, p50", value: median(next), unit: "ms", goal: { atMost: 25 } },
      { name: "the same, p99", value: quantile(next, 0.99), unit: "ms" },
      {
        name: "plans, against tasks without",
        value: middle(({ plannedMs, bareMs }) => plannedMs / bareMs),
        unit: "×",
        goal: { atMost: 2.5 },
      },
      {
        name: `Redis for a plan of ${SMALL} nodes`,
        value: middle(({ bytes }) => bytes / 1_000),
        unit: "kB",
        goal: { atMost: 600 },
      },
      {
        name: `of a core with ${AGENTS} nodes at work`,
        value: middle(({ share }) => share * 100),
        unit: "%",
        goal: { atMost: 1 },
      },
    ],
  };
}
