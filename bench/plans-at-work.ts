/**
 * Plans that are worked through without agents: a bot's dispatcher and one host, in one process on a real Redis. The host takes jobs, claims
 * their tasks and ends them.
 */
import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { makeDispatcher } from "../src/dispatch/dispatcher.ts";
import { type HostInfo, readHosts, register } from "../src/task/hosts.ts";
import { type Lane, laneName } from "../src/task/lane.ts";
import type { NodeSpec } from "../src/task/plan-proposal.ts";
import { makePlanStore } from "../src/task/plans.ts";
import { jobIdOf, makeTaskQueue } from "../src/task/queue.ts";
import { connectBlockingRedis, connectRedis, waitForRedis } from "../src/task/redis.ts";
import { makeTaskStore } from "../src/task/store.ts";
import { taskIdOf } from "../src/task/task-id.ts";
import type { TaskSpec } from "../src/task/task-spec.ts";
import { openLanes } from "../workers/lanes.ts";

const HOST: HostInfo = {
  ...{ id: "h1", place: "p1", name: "builder", version: "0.1.0", pid: 1, slots: 500, sandbox: "bwrap" as const },
  ...{ agents: ["claude"], defaultAgent: "claude", draining: false, startedAt: 0 },
};

export const LANES: Record<"agent" | "own", Lane> = {
  agent: { agent: "claude" },
  own: { agent: "claude", host: "h1", only: true },
};

export type World = Awaited<ReturnType<typeof openWorld>>;

export async function openWorld(url: string) {
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

export const nodeOf = (index: number, after: number[]): NodeSpec => ({
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
export const graph = (count: number): NodeSpec[] =>
  Array.from({ length: count }, (_, index) => nodeOf(index, index < 4 ? [] : [index - 3, index - 4]));

export async function workThrough({ work, store }: World, plan: string, count: number): Promise<void> {
  const isNode = (id: string) => id !== plan;
  for (let done = 0; done < count; ) {
    const worked = await work(LANES.own, isNode);
    if (worked === undefined) await new Promise(setImmediate);
    else if (isNode(worked)) done += 1;
  }
  // Its last run is not part of it.
  await store.advance(plan, { name: "cancel", reason: { kind: "by_operator", by: "bench" }, at: Date.now() });
}
