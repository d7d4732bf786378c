/** What a task that is over costs Redis: bounded, however much its agent had to say. */
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { decide } from "../../src/task/decide.ts";
import { keys } from "../../src/task/keys.ts";
import { CRASH_WINDOW_MS } from "../../src/task/next-state.ts";
import type { Outcome } from "../../src/task/outcome.ts";
import type { Verification } from "../../src/task/progress.ts";
import type { connectRedis } from "../../src/task/redis.ts";
import { MAX_RUN_EVENTS } from "../../src/task/run-events.ts";
import { MAX_RUNS } from "../../src/task/runs.ts";
import { makeTaskStore, type TaskStore } from "../../src/task/store.ts";
import type { Task } from "../../src/task/task.ts";
import { makeEventTeller } from "../../workers/run/step/event-teller.ts";
import { makeSpoken } from "../../workers/run/step/spoken.ts";
import type { StepRecord } from "../../workers/run/step/step-record.ts";
import { type ConnectedRedis, startConnectedRedis } from "../support/redis.ts";
import { claimedBy, makeSpec, STARTS } from "../support/task-spec.ts";

const spec = makeSpec();
const LINE =
  "I have looked at the module and at what calls it, and this is what I think of it and of the tests that fail: ";
const TAIL = "not ok 1 - adds\n".repeat(300).slice(0, 4_000);

let server: ConnectedRedis;
let redis: ReturnType<typeof connectRedis>;
let store: TaskStore;
beforeAll(async () => {
  server = await startConnectedRedis();
  ({ redis } = server);
  store = makeTaskStore(redis);
});
beforeEach(async () => {
  await redis.flushall();
});
afterAll(async () => {
  await server.close();
});

const progress = {
  agent: "claude",
  model: "claude-opus-4-1-20250805",
  sandbox: "bwrap" as const,
  sessionId: "4f7a1c9e-8b1d-4f0e-9a55-0c1f5f5b7a10",
  start: { how: "fresh" as const },
};

/** A run that its host dies with, when its agent had said and its check had printed as much as is shown. */
async function lose(run: number): Promise<void> {
  const at = spec.acceptedAt + run * CRASH_WINDOW_MS;
  await store.advance(spec.id, claimedBy(`host-${run}`, at));
  const said = {
    ...progress,
    lastLines: LINE.repeat(40).slice(0, 4_000),
    verification: { ...failed, outputTail: TAIL },
  };
  await store.advance(spec.id, { name: "progress", epoch: run, progress: { ...said, inputTokens: 123_456 }, at });
}

/** Ten thousand lines in one run, as its host tells them, with the outcome that they lead to. */
async function finish(
  outcomeOf: (lastLines: string) => Outcome,
  verification?: Verification,
  epoch = 1,
): Promise<void> {
  const at = spec.acceptedAt + epoch * CRASH_WINDOW_MS;
  await store.advance(spec.id, claimedBy("h1", at));
  await store.advance(spec.id, { name: "phase", epoch, phase: "working", progress, at });
  const step: StepRecord = { name: "agent-1", kind: "agent", startedAt: at };
  const record = { taskId: spec.id, epoch, jobId: "j", slot: 0, startedAt: at, steps: [step] };
  const teller = makeEventTeller({ redis, folder: { record }, log: pino({ level: "silent" }) });
  await teller.begin(step, { isReadAgain: false });
  const spoken = makeSpoken();
  for (let count = 1; count <= 10_000; count++) {
    const event = { type: "text" as const, text: `${LINE}${count}` };
    spoken.hear(event);
    teller.hear(event);
    if (count % 20 === 0) {
      const network = { egress: "open" as const, blocked: count, places: [] };
      const told = { ...spoken.progress(), network, inputTokens: count };
      await store.advance(spec.id, { name: "progress", epoch, progress: told, at: at + count });
    }
  }
  await store.advance(spec.id, { name: "phase", epoch, phase: "verifying", at });
  if (verification) await store.advance(spec.id, { name: "progress", epoch, progress: { verification }, at });
  const outcome = outcomeOf(spoken.lastLines());
  if (outcome.kind === "pull_request") {
    const pushed = { branch: "b", sha: "0".repeat(40), base: "main", files: 1, additions: 1, deletions: 1, commits: 1 };
    await store.advance(spec.id, { name: "pushed", epoch, pushed, at });
    await store.advance(spec.id, { name: "pull_request", pullRequest: { number: 2, url: outcome.url }, at });
  } else await store.advance(spec.id, { name: "ended", epoch, outcome, at });
  await teller.close();
  await store.remember(spec.id, {
    commentId: 5_000_000_001,
    bodyHash: "0".repeat(64),
    editedAt: at,
    label: "orch:done",
  });
  const [taken] = await store.reports.take(Date.now(), 1);
  if (!taken) throw new Error("no report is due");
  expect(await store.markReported((await store.read(spec.id)) as Task, taken)).toBe("told");
}

/** Bytes of all that Redis keeps of the task, without the stream of what a run said, and the one that all tasks share. */
async function keptBytes(): Promise<{ said: number; kept: number; all: string }> {
  const sizes = new Map<string, number>();
  for (const key of await redis.keys("*")) sizes.set(key, (await redis.memory("USAGE", key, "SAMPLES", 0)) ?? 0);
  const sum = (of: [string, number][]) => of.reduce((total, [, size]) => total + size, 0);
  const isStream = ([key]: [string, number]) => key.includes(":run:");
  expect([...sizes.keys()]).toContain(keys.task(spec.id));
  return {
    said: sum([...sizes].filter(isStream)),
    kept: sum([...sizes].filter((each) => !isStream(each) && each[0] !== keys.history)),
    all: JSON.stringify([...sizes]),
  };
}

const passed = { command: "npm test", exitCode: 0, rounds: 1, outputTail: "" };
const failed = { command: "npm test", exitCode: 1, rounds: 2, outputTail: TAIL };
const url = "https://github.test/octo-org/calculator/pull/2";
const endings: [string, (lastLines: string) => Outcome, Verification?][] = [
  ["a pull request", () => ({ kind: "pull_request", number: 2, url }), passed],
  ["no changes", (lastWords) => ({ kind: "no_changes", lastWords })],
  ["a failed agent", (lastLines) => ({ kind: "agent_failed", reason: "crash", message: "It failed.", lastLines })],
  [
    "a failed check",
    (lastLines) => {
      const decided = decide({ verdict: { ok: true }, commits: 1, verification: failed, lastLines });
      if (decided.kind !== "settle") throw new Error("a failed check is published");
      return decided.outcome;
    },
    { ...failed, outputTail: "" },
  ],
];

test.each(endings)(
  "a task that ended with %s takes ten kilobytes at most, and for a day what it said last",
  async (_, outcome, verification) => {
    await store.create(spec, STARTS);
    await finish(outcome, verification);
    const stream = keys.runEvents(spec.id, 1);
    const { kept, all } = await keptBytes();
    expect(kept, all).toBeLessThanOrEqual(10_000);
    expect(await redis.xlen(stream)).toBeLessThanOrEqual(MAX_RUN_EVENTS);
    expect(await redis.ttl(stream)).toBeGreaterThan(0);
    expect(await redis.ttl(stream)).toBeLessThanOrEqual(24 * 3600);
    expect((await store.events(spec.id)).slice(0, 3).map(({ what }) => what)).toEqual(["queued", "claimed", "phase"]);
    for (const key of [keys.task(spec.id), keys.timeline(spec.id), keys.shown(spec.id)])
      expect(await redis.ttl(key)).toBeGreaterThan(0);
  },
);

test.each(endings)(
  "a task that ended with %s takes no more when it had to be taken up twice before",
  async (...ending) => {
    await lostBefore(2, ending);
    const { kept, all } = await keptBytes();
    expect(kept, all).toBeLessThanOrEqual(10_000);
  },
);

test.each(endings)(
  "a task that ended with %s after a dozen hosts have died with it takes half as much again at most",
  async (...ending) => {
    await lostBefore(12, ending);
    const { kept, all } = await keptBytes();
    expect((await store.read(spec.id))?.runs).toHaveLength(MAX_RUNS);
    expect(kept, all).toBeLessThanOrEqual(15_000);
  },
);

async function lostBefore(count: number, [, outcome, verification]: (typeof endings)[number]): Promise<void> {
  await store.create(spec, STARTS);
  for (let run = 1; run <= count; run++) await lose(run);
  await finish(outcome, verification, count + 1);
}
