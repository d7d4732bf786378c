/** What the bookkeeping of plans costs: from a node's end to the next one's job, and all of a plan against as many tasks without one. */
import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { pino } from "pino";
import { makeDispatcher } from "../src/dispatch/dispatcher.ts";
import { type HostInfo, readHosts, register } from "../src/task/hosts.ts";
import { keys } from "../src/task/keys.ts";
import { type Lane, laneName } from "../src/task/lane.ts";
import type { NodeSpec } from "../src/task/plan-proposal.ts";
import { makePlanStore } from "../src/task/plans.ts";
import { jobIdOf, makeTaskQueue } from "../src/task/queue.ts";
import { connectBlockingRedis, connectRedis, waitForRedis } from "../src/task/redis.ts";
import { makeTaskStore } from "../src/task/store.ts";
import type { TaskSpec } from "../src/task/task.ts";
import { taskIdOf } from "../src/task/task-id.ts";
import { openLanes } from "../workers/lanes.ts";
import type { Benchmark, Options, Report } from "./bench.ts";
import { startRedis } from "./ingress/redis.ts";
import { median, quantile, round } from "./statistics.ts";
import { tokensOfDemo } from "./team-tokens.ts";
import { timed } from "./timed.ts";

const NODES = 40;
const PLANS = 5;
const CHAIN = 40;
const SMALL = 20;
const AGENTS = 50;
const IDLE_MS = 20_000;
const HOST: HostInfo = {
  ...{ id: "h1", place: "p1", name: "builder", version: "0.1.0", pid: 1, slots: 500, sandbox: "bwrap" as const },
  ...{ agents: ["claude"], defaultAgent: "claude", draining: false, startedAt: 0 },
};
const LANES: Record<"agent" | "own", Lane> = {
  agent: { agent: "claude" },
  own: { agent: "claude", host: "h1", only: true },
};

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

type World = Awaited<ReturnType<typeof openWorld>>;

async function openWorld(url: string) {
  const redis = connectRedis(url, "bench");
  const hostRedis = connectRedis(url, "bench-host");
  const subscriber = connectBlockingRedis(url, "bench-changes");
  await Promise.all([redis, hostRedis].map((each) => waitForRedis(each, 10_000)));
  const [store, plans, queue, lanes] = [
    makeTaskStore(redis),
    makePlanStore(redis),
    makeTaskQueue(redis),
    openLanes(hostRedis),
  ];
  const now = Date.now;
  await register(redis, HOST, now() + 3600_000);
  const hosts = () => readHosts(redis, now());
  const dispatcher = makeDispatcher({
    redis,
    store,
    plans,
    queue,
    hosts,
    onStarting: () => undefined,
    now,
    log: pino({ level: "silent" }),
  });
  dispatcher.start(subscriber);
  let asked = 0;
  let endedAt = 0;
  const specOf = (changes: Partial<TaskSpec> = {}): TaskSpec => {
    asked += 1;
    const origin = { kind: "cli" as const, by: "bench", key: `${asked}` };
    return {
      ...{ id: taskIdOf(1, origin), installationId: 1, repository: { id: 1, owner: "o", name: "r" }, number: asked },
      ...{ title: "Bench", target: { kind: "issue" as const, defaultBranch: "main" }, origin, conversation: asked },
      ...{ instruction: "Do it.", requestedAt: now(), acceptedAt: now() },
      ...changes,
    };
  };

  /** The id of a team whose plan was just approved. */
  async function approve(nodes: NodeSpec[]): Promise<string> {
    const spec = specOf({ team: true });
    await store.create(spec, { lane: LANES.agent });
    await claim(spec.id, LANES.agent);
    const said = { title: "Plan", summary: "Plan", decisions: [], interfaces: [], followUps: [] };
    const plan = { goal: "Bench", nodes };
    const proposal = { name: "p111111111111", epoch: 1, baseSha: "a".repeat(40), said, files: [], at: now(), plan };
    const reasons = [{ for: "approval" as const, proposal: proposal.name, until: now() + 3600_000 }];
    await store.advance(spec.id, { name: "parked", epoch: 1, reasons, proposal, at: now() });
    const decision = { kind: "approved" as const, at: now() };
    const task = await store.advance(spec.id, { name: "decided", proposal: proposal.name, decision, at: now() });
    if (task) await dispatcher.ensure(task);
    return spec.id;
  }

  async function claim(id: string, lane: Lane): Promise<void> {
    await store.advance(id, { name: "claimed", host: "h1", claim: randomUUID(), job: jobIdOf(id, 1), lane, at: now() });
  }

  /** As a host does: takes a job, claims its task and ends it. The task's id; undefined where there is no job. */
  async function work(lane: Lane, isOwn: (id: string) => boolean): Promise<string | undefined> {
    const job = await lanes.worker(laneName(lane)).getNextJob("host", { block: false });
    if (!job) return undefined;
    const { taskId } = job.data;
    await job.moveToCompleted(undefined, "host", false);
    if (!isOwn(taskId)) return taskId;
    await claim(taskId, lane);
    endedAt = performance.now();
    const outcome = { kind: "merged" as const, sha: "c".repeat(40), files: 1, additions: 1, deletions: 0 };
    await store.advance(taskId, { name: "ended", epoch: 1, outcome, at: now() });
    return taskId;
  }

  async function close(): Promise<void> {
    await dispatcher.stop();
    await lanes.close();
    await queue.close();
    for (const each of [hostRedis, redis, subscriber]) each.disconnect();
  }

  return { redis, url, store, dispatcher, specOf, approve, claim, work, endedAt: () => endedAt, close };
}

const nodeOf = (index: number, after: number[]): NodeSpec => ({
  ...{
    id: `n${index}`,
    title: `Part ${index}`,
    instruction: "Do this part of it, and nothing else.",
    role: "developer",
  },
  ...{
    after: after.map((each) => `n${each}`),
    scope: [`part${index}/**`],
    deliverable: "It is there.",
    check: "npm test",
  },
  onFailure: "retry",
});

/** Each stands behind two earlier ones. */
const graph = (count: number): NodeSpec[] =>
  Array.from({ length: count }, (_, index) => nodeOf(index, index < 4 ? [] : [index - 3, index - 4]));

async function workThrough({ work, store }: World, plan: string, count: number): Promise<void> {
  const isNode = (id: string) => id !== plan;
  for (let done = 0; done < count; ) {
    const worked = await work(LANES.own, isNode);
    if (worked === undefined) await new Promise(setImmediate);
    else if (isNode(worked)) done += 1;
  }
  // Its last run is not part of it.
  await store.advance(plan, { name: "cancel", reason: { kind: "by_operator", by: "bench" }, at: Date.now() });
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
