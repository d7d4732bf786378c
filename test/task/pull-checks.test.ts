/** What CI says of a pull request, as news of it come: twice, late, in any order, to several bots. With a real Redis. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { makePullChecks, type PullChecks, readPullChecks } from "../../src/task/pull-checks.ts";
import { ciView } from "../../src/views/pull-fates.ts";
import { outcomes, pushed, settledTask } from "../report/sample-tasks.ts";
import { type ConnectedRedis, startConnectedRedis } from "../support/redis.ts";

const PULL = { repositoryId: 11, number: 39 };
const [OLD, NEW] = ["a".repeat(40), "b".repeat(40)];

let server: ConnectedRedis;
beforeAll(async () => {
  server = await startConnectedRedis();
});
afterAll(() => server.close());
beforeEach(async () => void (await server.redis.flushall()));

type News = { head: string; at: number; suite?: number; good?: boolean };
async function hear(news: readonly News[]) {
  const bots = [makePullChecks(server.redis), makePullChecks(server.redis)];
  const heard: boolean[] = [];
  for (const [nth, { head: sha, at, suite, good = true }] of news.entries()) {
    const bot = bots[nth % 2] ?? makePullChecks(server.redis);
    const known = { ...PULL, sha, at };
    heard.push(suite === undefined ? await bot.noteHead(known) : await bot.notePullSuite({ ...known, suite, good }));
  }
  return { heard, checks: await readPullChecks(server.redis, PULL.repositoryId, PULL.number) };
}

const ALL: readonly News[] = [
  { head: OLD, at: 1_000 },
  { head: OLD, at: 5_000, suite: 1, good: true },
  { head: NEW, at: 6_000 },
  { head: NEW, at: 8_000, suite: 2, good: false },
  { head: NEW, at: 9_000, suite: 3, good: true },
  { head: NEW, at: 12_000, suite: 2, good: true },
];

function* orders<Item>(items: readonly Item[]): Generator<Item[]> {
  if (items.length === 0) yield [];
  for (const [nth, item] of items.entries())
    for (const rest of orders([...items.slice(0, nth), ...items.slice(nth + 1)])) yield [item, ...rest];
}

test("what it comes to is the same in whatever order it is told, and however often", async () => {
  const { checks } = await hear(ALL);
  expect(checks).toEqual({
    sha: NEW,
    at: 12_000,
    suites: { 2: { good: true, at: 12_000 }, 3: { good: true, at: 9_000 } },
  });
  for (const order of orders(ALL)) {
    await server.redis.flushall();
    expect((await hear([...order, ...order.toReversed()])).checks).toEqual(checks);
  }
});

test("only what says something else is news, and a commit that came in the same second replaces the one before", async () => {
  const again = { head: OLD, at: 5_000, suite: 1 };
  const next = { head: NEW, at: 5_000 };
  const { heard } = await hear([
    again,
    again,
    { ...again, at: 6_000 },
    { ...next, at: 6_000 },
    { ...again, at: 6_000 },
  ]);
  expect(heard).toEqual([true, false, false, true, false]);
});

test("of a commit with more suites than anybody has the first ones are kept, and the record goes by itself", async () => {
  const { checks } = await hear(Array.from({ length: 60 }, (_, suite) => ({ head: OLD, at: 1_000, suite })));
  expect(Object.keys(checks?.suites ?? {})).toHaveLength(50);
  expect(await server.redis.ttl(`orch:pull:${PULL.repositoryId}:${PULL.number}:checks`)).toBeGreaterThan(7 * 24 * 3600);
});

test("a commit that was judged before its pull request was open counts until there is another, and one that is not judged is neither", () => {
  const task = { ...settledTask(outcomes.pull_request), pushed };
  const ofFirst = { sha: pushed.sha, suites: { 1: false }, said: "red" as const };
  const checks = (sha: string, good?: boolean): PullChecks => ({
    sha,
    at: 1,
    suites: good === undefined ? {} : { 2: { good, at: 1 } },
  });
  expect(ciView(task, undefined, ofFirst)).toEqual({ said: "red" });
  expect(ciView(task, checks(pushed.sha, true), ofFirst)).toEqual({ said: "red" });
  expect(ciView(task, { ...checks(pushed.sha), suites: { 1: { good: true, at: 2 } } }, ofFirst)).toEqual({
    said: "green",
  });
  expect(ciView(task, checks("c".repeat(40)), ofFirst)).toEqual({});
  expect(ciView(task, checks("c".repeat(40), true), ofFirst)).toEqual({ said: "green" });
  // While it is at work, what it has just pushed is the newest, though GitHub has not said so yet.
  const working = { ...task, state: { ...task.state, name: "running" as const } } as typeof task;
  expect(ciView(working, checks(OLD, true), undefined)).toEqual({});
});
