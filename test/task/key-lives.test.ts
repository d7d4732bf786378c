/**
 * How each key of Orch's ends. Whoever makes another one says it here, because the compiler asks: nothing is to stay in Redis for ever that
 * nobody knows of, and nothing of a task after it was forgotten.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { findKeys } from "../../cli/gc/find-keys.ts";
import { forgetTasks } from "../../src/task/forget.ts";
import { keys } from "../../src/task/keys.ts";
import { makeTaskStore } from "../../src/task/store.ts";
import type { Task } from "../../src/task/task.ts";
import { outcomes, settledTask } from "../report/sample-tasks.ts";
import { type ConnectedRedis, startConnectedRedis } from "../support/redis.ts";

/**
 * `task`: with its task, 90 days after that is over, or when it is forgotten. `time`: by itself, after a time. `one`: there is one, whose size is
 * bounded. `channel`: nothing is kept. `gc`: `orch gc` looks for what is in it of what is over.
 */
type Life = "task" | "time" | "one" | "channel" | "gc";

const LIVES = {
  ...{ task: "task", timeline: "task", oldTimeline: "task", shown: "task", followers: "task", deedsOf: "task" },
  ...{ runEvents: "task", keptOutput: "task", plan: "task", planTasks: "task" },
  ...{ messages: "task", nodeMessages: "task", messageNumbers: "task", messagesSent: "task" },
  ...{ messageFates: "task", messagesDead: "task", callerTask: "task", callerHooks: "task" },
  ...{ keptOutputs: "gc", heartbeats: "gc", hosts: "gc", offers: "gc", hostPlaces: "gc" },
  ...{ watch: "time", asks: "time", answer: "time", checked: "time", request: "time", callerReply: "time" },
  ...{ callerRate: "time", callerTasks: "time", deed: "time", dashboardForm: "time", dashboardSession: "time" },
  ...{ dashboardSessionsOf: "time", dashboardLink: "time", turns: "time", envelope: "time", short: "time" },
  ...{ pullChecks: "time", redelivered: "time", budget: "time", content: "time", forgetful: "time", lookBack: "time" },
  ...{ issue: "time", conversation: "time", requestsOn: "time" },
  ...{ open: "one", unreported: "one", dispatch: "one", plans: "one", lanes: "one", breakers: "one", envelopes: "one" },
  ...{
    offered: "one",
    inbox: "one",
    callerTokens: "one",
    hooked: "one",
    deeds: "one",
    dashboardsAt: "one",
    reserves: "one",
  },
  ...{ dashboardSecret: "one", caughtUp: "one", lastSeen: "one", round: "one", repositories: "one", quieted: "one" },
  ...{ scheduleFiles: "one", scheduleStates: "one", unreadFiles: "one", schedules: "one", jobless: "one" },
  ...{ secondLooks: "one", budgets: "one", history: "one", counted: "one", traced: "one", pause: "one" },
  ...{
    drain: "channel",
    requested: "channel",
    jobs: "channel",
    changed: "channel",
    callerReplied: "channel",
    watched: "channel",
  },
  ...{ printed: "channel", asked: "channel", answered: "channel", ready: "channel", reported: "channel" },
} as const satisfies Record<keyof typeof keys, Life>;

const NODE = "price";
const team: Task = { ...settledTask(outcomes.no_changes), epoch: 1 };
const { id } = team.spec;

/** Of the task above. Each takes the task's id first, and then what it is called there. */
const ownKeys = (Object.keys(LIVES) as (keyof typeof LIVES)[])
  .filter((name) => LIVES[name] === "task")
  .map((name) => (keys[name] as (...of: (string | number)[]) => string)(id, name === "nodeMessages" ? NODE : 1));

let server: ConnectedRedis;
beforeAll(async () => {
  server = await startConnectedRedis();
});
afterAll(() => server.close());
beforeEach(async () => void (await server.redis.flushall()));

test("nothing of a task is left once it is forgotten, whatever kind of key it stands in", async () => {
  const { redis } = server;
  const note = JSON.stringify({ by: "tax", at: 1, from: { node: "tax" }, to: [NODE], kind: "status", text: "x" });
  const book = [keys.messagesSent(id), keys.messageFates(id)];
  for (const key of ownKeys) if (!book.includes(key)) await redis.set(key, "x");
  for (const key of book) await redis.hset(key, "m1", `1-0 ${note}`);
  await redis.zadd(keys.keptOutputs, 1, keys.keptOutput(id, 1));
  await redis.zadd(keys.plans, 1, id);
  await redis.set(keys.envelope(`plan:${id}`), "x");
  const node: Task = { ...team, spec: { ...team.spec, id: "tnodenodenodenod", node: nodeOf(id) } };
  await forgetTasks(redis, [{ ...team, spec: { ...team.spec, team: true } }, node]);
  expect(await redis.keys("*")).toEqual([]);
});

const nodeOf = (plan: string) => ({ plan, id: NODE, try: 1, home: "h1", share: 1 });

test("what is named in lists and is over is found by `orch gc`, and goes", async () => {
  const { redis } = server;
  await redis.set(keys.keptOutput("tkept", 1), "x");
  await redis.zadd(keys.keptOutputs, 1, keys.keptOutput("tkept", 1), 2, keys.keptOutput("tgone", 1));
  const found = await findKeys(redis, makeTaskStore(redis));
  expect(found.map(({ kind, name }) => `${kind} ${name}`)).toEqual([`output ${keys.keptOutput("tgone", 1)}`]);
  for (const leftover of found) {
    expect(await leftover.mayGo()).toBe(true);
    await leftover.remove();
    expect(await leftover.isThere()).toBe(false);
  }
  expect(await redis.zrange(keys.keptOutputs, "0", "-1")).toEqual([keys.keptOutput("tkept", 1)]);
});
