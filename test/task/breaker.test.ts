import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { answered, isProbed, readBreaker, readBreakers, refuse, takeProbe } from "../../src/task/breaker.ts";
import { limitReason } from "../../src/task/waiting.ts";
import { type ConnectedRedis, startConnectedRedis } from "../support/redis.ts";

let server: ConnectedRedis;
let redis: ConnectedRedis["redis"];
beforeAll(async () => {
  server = await startConnectedRedis();
  redis = server.redis;
});
afterAll(() => server.close());
beforeEach(async () => void (await redis.flushall()));

const account = { agent: "claude", account: "abc" };
const NOW = 1_700_000_000_000;
const refused = (now: number, until?: number) => refuse(redis, account, { why: "rate_limit", until, now });

test("an account that refuses is tried again at the provider's time, else after 30 s and ever longer, at most 15 minutes", async () => {
  expect(await refused(NOW, NOW + 7_200_000)).toBe(NOW + 7_200_000);
  await redis.flushall();
  let now = NOW;
  const waits: number[] = [];
  for (let again = 0; again < 7; again++) {
    const at = await refused(now);
    waits.push((at - now) / 1_000);
    now = at;
  }
  expect(waits).toEqual([30, 60, 120, 240, 480, 900, 900]);
});

test("tasks that were on their way do not make the wait longer", async () => {
  const at = await refused(NOW);
  expect(await refused(NOW + 1_000)).toBe(at);
  expect(await refused(NOW + 1_000, NOW + 90_000)).toBe(NOW + 90_000);
  expect((await readBreaker(redis, account))?.tries).toBe(1);
});

test("one task tries, however many want to, and another one when that never comes back", async () => {
  const at = await refused(NOW);
  expect(await takeProbe(redis, account, "t1", at - 1)).toBe(false);
  const taken = await Promise.all(["t1", "t2", "t3"].map((task) => takeProbe(redis, account, task, at)));
  expect(taken.filter(Boolean)).toHaveLength(1);
  const breaker = (await readBreakers(redis, at))[0];
  const winner = breaker?.probe?.task ?? "";
  expect(breaker && isProbed(breaker, winner, at)).toBe(false);
  expect(await takeProbe(redis, account, winner, at)).toBe(true);
  expect(await takeProbe(redis, account, "t9", at + 11 * 60_000)).toBe(true);
});

test("an answer opens the account for all; one of a run that began before the refusal does not", async () => {
  const at = await refused(NOW);
  await answered(redis, account, { task: "t1", since: NOW - 60_000 });
  expect(await readBreakers(redis, at)).toHaveLength(1);
  await takeProbe(redis, account, "t1", at);
  await answered(redis, account, { task: "t1", since: at - 1 });
  expect(await readBreakers(redis, at)).toEqual([]);
});

test("another refusal of the one that tries puts the next try off and leaves the try to anybody", async () => {
  const at = await refused(NOW);
  await takeProbe(redis, account, "t1", at);
  const next = await refused(at + 5_000);
  expect(next).toBe(at + 5_000 + 60_000);
  expect((await readBreaker(redis, account))?.probe).toBeUndefined();
});

test("other accounts of the agent are not meant, and what cannot be read is written over", async () => {
  await redis.hset("orch:breakers", "claude/abc", "{");
  expect(await readBreakers(redis, NOW)).toEqual([]);
  await refused(NOW);
  expect(await readBreaker(redis, { ...account, account: "other" })).toBeUndefined();
  expect(await readBreakers(redis, NOW)).toHaveLength(1);
});

test("a countdown of a week has few steps, each of which holds when it is told", () => {
  const at = NOW + 7 * 24 * 3600_000;
  const lefts = new Set<number>();
  for (let now = NOW; now < at; now += 15_000) {
    const { left } = limitReason({ agent: "a", why: "usage_limit", since: NOW, at }, now);
    expect(left).toBeGreaterThanOrEqual(at - now);
    lefts.add(left);
  }
  expect(lefts.size).toBeLessThanOrEqual(16);
});
