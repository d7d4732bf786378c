/**
 * How soon an agent's next call brings what was just said to it, by a person or by another agent of its team, with fifty agents that work and
 * are talked to at once.
 */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pino } from "pino";
import { inboxOf } from "../src/task/inbox.ts";
import { planOf } from "../src/task/make-plan.ts";
import type { Origin } from "../src/task/origin.ts";
import type { PlanNode } from "../src/task/plan.ts";
import type { Proposal } from "../src/task/proposal.ts";
import { connectRedis, waitForRedis } from "../src/task/redis.ts";
import { makeTaskStore, type TaskStore } from "../src/task/store.ts";
import type { Task } from "../src/task/task.ts";
import { taskIdOf } from "../src/task/task-id.ts";
import type { TaskSpec } from "../src/task/task-spec.ts";
import { callIsAnswered, hearCall, messagesForCall } from "../workers/run/messages.ts";
import type { Run, Shared } from "../workers/run/run.ts";
import { createRunFolder } from "../workers/run/run-folder.ts";
import { sayToTeam } from "../workers/run/say-to-team.ts";
import type { Benchmark, Options, Report } from "./bench.ts";
import { startRedis } from "./ingress/redis.ts";
import { quantile, round } from "./statistics.ts";
import { timed } from "./timed.ts";

const AGENTS = 50;
/** To each agent in one round, one about every second. */
const MESSAGES = 20;
const PAUSE_MS = 1_000;
const TEXT = "x".repeat(600);
/** Agents of one plan. */
const TEAM = 10;

type Times = { saidMs: number[]; teamMs: number[]; silentMs: number[]; bareMs: number[] };

export const messages: Benchmark = {
  name: "messages",
  title: `what is said to ${AGENTS} agents comes with the next call of each`,
  rounds: 1,
  run: measure,
};

async function measure({ rounds, say }: Options): Promise<Report> {
  const times: Times = { saidMs: [], teamMs: [], silentMs: [], bareMs: [] };
  for (let turn = 1; turn <= rounds; turn++) {
    say(`round ${turn} of ${rounds}`);
    await once(times);
  }
  return report(times);
}

async function once(times: Times): Promise<void> {
  const server = await startRedis();
  const [bot, host] = [connectRedis(server.url, "bench-bot"), connectRedis(server.url, "bench-host")];
  await Promise.all([bot, host].map((each) => waitForRedis(each, 10_000)));
  const dir = mkdtempSync(join(tmpdir(), "orch-bench-messages-"));
  try {
    const [sender, store] = [makeTaskStore(bot), makeTaskStore(host)];
    for (let plan = 0; plan < AGENTS / TEAM; plan++) await makePlan(sender, plan);
    const runs = await Promise.all(Array.from({ length: AGENTS }, (_, index) => runOf(sender, dir, index)));
    const deeds = { sender, store, times, bare: () => bot.ping() };
    await Promise.all(runs.map((run, index) => talk(run, { ...deeds, mate: mateOf(runs, index) })));
  } finally {
    for (const each of [bot, host]) each.disconnect();
    rmSync(dir, { recursive: true });
    await server.stop();
  }
}

/** The next one of its team, which says something to it. */
function mateOf(runs: readonly Run[], index: number): Run {
  const first = index - (index % TEAM);
  const mate = runs[first + ((index + 1) % TEAM)];
  if (!mate) throw new Error("the agent is in no team");
  return mate;
}

const LANE = { agent: "claude" };
const nodeName = (index: number): string => `node-${index % TEAM}`;

function specOf(origin: Origin, number: number): TaskSpec {
  return {
    id: taskIdOf(1, origin),
    installationId: 1,
    repository: { id: 1, owner: "octo-org", name: "calculator" },
    number,
    title: "Tests fail",
    target: { kind: "issue", defaultBranch: "main" },
    origin,
    conversation: number,
    instruction: "fix the tests",
    requestedAt: 1,
    acceptedAt: 1,
  };
}

/** The task of a team, and of which nodes its plan consists. */
function teamOf(plan: number): TaskSpec {
  return { ...specOf({ kind: "comment", id: plan + 1, line: 1, url: "" }, plan + 1), team: true };
}

async function makePlan(store: TaskStore, plan: number): Promise<void> {
  const team = teamOf(plan);
  await store.create(team, { lane: LANE });
  const nodes = Array.from({ length: TEAM }, (_, index): PlanNode => {
    const id = nodeName(index);
    const words = { id, title: id, instruction: TEXT, role: "developer", deliverable: id, check: "true" };
    return {
      ...words,
      after: [],
      scope: [`${id}/**`],
      onFailure: "retry",
      state: { name: "started", at: 1 },
      tries: [],
    };
  });
  const made = planOf(
    { ...({ spec: team, runs: [], state: { name: "waiting" } } as unknown as Task), proposal: approved(nodes) },
    { at: Date.now() },
  );
  if (!made) throw new Error("the plan could not be made");
  await store.plans.create({ ...made, nodes });
}

function approved(nodes: readonly PlanNode[]): Proposal {
  const said = { title: "All", summary: "All", decisions: [], interfaces: [], followUps: [] };
  const plan = { goal: "All of it", nodes: [...nodes] };
  return { name: "p1", epoch: 1, baseSha: "abc", said, files: [], at: 1, plan, decision: { kind: "approved", at: 1 } };
}

async function runOf(store: TaskStore, dir: string, index: number): Promise<Run> {
  const team = teamOf(Math.floor(index / TEAM));
  const [plan, id] = [team.id, nodeName(index)];
  const origin = { kind: "node" as const, plan, node: id, try: 1 };
  const spec = { ...specOf(origin, team.number), node: { plan, id, try: 1, home: "h1", share: 0.5 } };
  await store.create(spec, { lane: LANE });
  await store.advance(spec.id, { name: "claimed", host: "h1", claim: "c", job: "j", lane: LANE, at: 1 });
  const record = { taskId: spec.id, epoch: 1, jobId: "j", slot: 0, startedAt: 1, steps: [] };
  const folder = createRunFolder(dir, record);
  return { folder, task: { spec }, log: pino({ level: "silent" }), signal: new AbortController().signal } as Run;
}

type Talk = { sender: TaskStore; store: TaskStore; times: Times; bare: () => Promise<unknown>; mate: Run };

async function talk(run: Run, { sender, store, times, bare, mate }: Talk): Promise<void> {
  const shared = { store } as Shared;
  for (let sent = 0; sent < MESSAGES; sent++) {
    await delay(PAUSE_MS * (0.5 + Math.random()));
    times.saidMs.push(await timed(() => tellAndCall(sender, shared, run)));
    await delay(PAUSE_MS / 10);
    times.teamMs.push(await timed(() => sayAndCall(mate, shared, run)));
    await delay(PAUSE_MS / 10);
    times.silentMs.push(await timed(() => call(shared, run)));
    times.bareMs.push(await timed(bare));
  }
}

async function tellAndCall({ messages }: TaskStore, shared: Shared, run: Run): Promise<void> {
  const id = randomUUID();
  const note = { by: "octocat", at: 1, number: 1, source: { kind: "comment", id: 1, url: "" } as const };
  const message = { v: 1, id, from: { person: "octocat" }, kind: "note", text: TEXT, at: 1 } as const;
  await messages.send(inboxOf(run.task.spec), message, note);
  if ((await call(shared, run)) === undefined) throw new Error("the next call did not bring what was said");
}

/** By the tool of the other agent, and by the next call of this one. */
async function sayAndCall(mate: Run, shared: Shared, run: Run): Promise<void> {
  const to = run.task.spec.node?.id ?? "";
  const said = await sayToTeam(shared, mate, { to, kind: "note", text: TEXT }, randomUUID());
  if (!said || "problem" in said || said.told[0]?.sending.kind !== "sent") throw new Error("it was not sent");
  if ((await call(shared, run)) === undefined) throw new Error("the next call did not bring what was said");
}

async function call(shared: Shared, run: Run): Promise<string | undefined> {
  const key = randomUUID();
  await hearCall(shared, run);
  const text = await messagesForCall(shared, run, key, () => false);
  callIsAnswered(run, key);
  return text;
}

function report({ saidMs, teamMs, silentMs, bareMs }: Times): Report {
  const row = (what: string, values: readonly number[]) => [
    what,
    ...[0.5, 0.99, 1].map((q) => round(quantile(values, q))),
  ];
  return {
    counted: [
      `${AGENTS} runs of one host, each told something of ${TEXT.length} characters about every second and calling at once. From the beginning of the sending, by a bot of its own connection, to the result of the recipient's next call with the message in it; the note of it in the run's folder is counted, the agent's socket is not.`,
      `The same by another agent of its team, of ${TEAM}, by its tool: the plan is read to know who is meant.`,
      "Besides: a call when nothing was said, with the acknowledgement of what came before; and, as a yardstick, one bare command to the same Redis (AOF, an fsync each second).",
    ],
    tables: [
      {
        title: "milliseconds",
        rows: [
          ["", "p50", "p99", "most"],
          row("said, and with the next call", saidMs),
          row("said by another agent, and with the next call", teamMs),
          row("a call with nothing to tell", silentMs),
          row("one bare command", bareMs),
        ],
      },
    ],
    figures: [
      { name: "said, and with the next call, p99", value: quantile(saidMs, 0.99), unit: "ms", goal: { atMost: 50 } },
      {
        name: "said by another agent, and with the next call, p99",
        value: quantile(teamMs, 0.99),
        unit: "ms",
        goal: { atMost: 50 },
      },
      { name: "a call with nothing to tell, p50", value: quantile(silentMs, 0.5), unit: "ms" },
    ],
  };
}
