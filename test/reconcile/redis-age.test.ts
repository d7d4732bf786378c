import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type RedisAge, watchRedisAge } from "../../src/reconcile/redis-age.ts";
import { keys } from "../../src/task/keys.ts";
import { type ConnectedRedis, startConnectedRedis } from "../support/redis.ts";

let server: ConnectedRedis;
let dir: string;
let older: number;
const watching: RedisAge[] = [];

beforeAll(async () => {
  server = await startConnectedRedis();
});
beforeEach(async () => {
  await server.redis.flushall();
  dir = await mkdtemp(join(tmpdir(), "orch-age-"));
  older = 0;
});
afterEach(async () => {
  for (const each of watching.splice(0)) each.stop();
  await rm(dir, { recursive: true, force: true });
});
afterAll(() => server.close());

/** Resolves when Redis has noted down a time that it had not before. */
async function watch(name = "last-seen", everyMs = 20): Promise<number> {
  const before = await server.redis.get(keys.lastSeen);
  const file = join(dir, name);
  const onOlder = () => {
    older += 1;
  };
  const { redis } = server;
  watching.push(watchRedisAge({ redis, file, onOlder, log: pino({ level: "silent" }), everyMs }));
  await expect.poll(() => redis.get(keys.lastSeen), { interval: 5 }).not.toBe(before);
  return Number(await redis.get(keys.lastSeen));
}

const stopAll = () => {
  for (const each of watching.splice(0)) each.stop();
};

test("a Redis that goes on is not older, neither in this life of the bot nor in the next", async () => {
  await watch();
  await expect.poll(() => server.redis.get(keys.lastSeen)).not.toBe(await server.redis.get(keys.lastSeen));
  stopAll();
  await watch();
  expect(older).toBe(0);
  expect(await server.redis.exists(keys.lookBack, keys.forgetful)).toBe(0);
});

test("whoever asks hears of it at once, before the next look, and for as long as it counts", async () => {
  const then = await watch("last-seen", 60_000);
  const [age] = watching as [RedisAge];
  expect(await age.hasForgotten()).toBe(false);
  await server.redis.set(keys.lastSeen, then - 50_000);
  expect([await age.hasForgotten(), await age.hasForgotten()]).toEqual([true, true]);
  expect(older).toBe(1);
});

test("an earlier time in Redis: comments since then are to be read, and the earliest of several times counts", async () => {
  const then = await watch();
  await server.redis.set(keys.lastSeen, then - 50_000);
  await expect.poll(() => server.redis.get(keys.lookBack)).toBe(String(then - 50_000));
  await server.redis.set(keys.lastSeen, then - 20_000);
  await expect.poll(() => older).toBe(2);
  expect(await server.redis.get(keys.lookBack)).toBe(String(then - 50_000));
  expect(await server.redis.exists(keys.forgetful)).toBe(1);
});

test("no time in Redis at all: comments of a day are to be read", async () => {
  await watch("last-seen", 60_000);
  stopAll();
  await server.redis.flushall();
  await watch("last-seen", 60_000);
  await expect.poll(() => older).toBe(1);
  const since = Number(await server.redis.get(keys.lookBack));
  expect(Date.now() - since).toBeGreaterThan(23 * 3600_000);
  expect(Date.now() - since).toBeLessThan(25 * 3600_000);
});

test("what has just been recorded is noted at once, however seldom it is looked otherwise", async () => {
  const first = await watch("last-seen", 60_000);
  watching[0]?.soon();
  await expect.poll(() => server.redis.get(keys.lastSeen)).not.toBe(String(first));
});

test("a bot that is new here has nothing to compare with", async () => {
  await watch("another", 60_000);
  expect(older).toBe(0);
});
