import { once } from "node:events";
import type { Redis } from "ioredis";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { makeRedisGate, type RedisGate } from "../src/redis-gate.ts";
import { connectRedis, waitForRedis } from "../src/task/redis.ts";
import { startRedis, type TestRedis } from "./support/redis.ts";

const log = pino({ level: "silent" });
const OFTEN = { fitMs: 20, unfitMs: 20 };
const SELDOM = { fitMs: 3_600_000, unfitMs: 3_600_000 };

let server: TestRedis;
let redis: Redis;
let gate: RedisGate;
let closing: (() => unknown)[];

beforeEach(async () => {
  server = await startRedis();
  redis = connectRedis(server.url, "test");
  closing = [server.stop, () => redis.disconnect()];
});
afterEach(async () => {
  gate.stop();
  for (const close of closing.toReversed()) await close();
});

const isOpen = (open: boolean) => vi.waitFor(() => expect(gate.isFit()).toBe(open), { timeout: 10_000, interval: 5 });

describe("the gate is shut", () => {
  test("until Redis has been looked at", async () => {
    gate = makeRedisGate(redis, log, SELDOM);
    expect([gate.isFit(), gate.problems()]).toEqual([false, [expect.stringContaining("away")]]);
    await isOpen(true);
    expect(gate.problems()).toEqual([]);
  });

  test("from the loss of the connection until the next look", async () => {
    gate = makeRedisGate(redis, log, SELDOM);
    await isOpen(true);
    const lost = once(redis, "close");
    await server.kill();
    await lost;
    expect(gate.isFit()).toBe(false);
    // Heard after the gate has heard it: the look is under way, and its answer is not here yet.
    const atReady = new Promise<boolean>((resolve) => redis.once("ready", () => resolve(gate.isFit())));
    await server.restart();
    expect(await atReady).toBe(false);
    await isOpen(true);
  });

  test("when another Redis answers at the same address, which keeps nothing", async () => {
    gate = makeRedisGate(redis, log, SELDOM);
    await isOpen(true);
    await server.kill();
    const unfit = await startRedis(["--port", String(server.port), "--appendonly", "no"]);
    closing.push(unfit.stop);
    await vi.waitFor(() => expect(gate.problems()).toEqual([expect.stringContaining("without AOF")]), {
      timeout: 10_000,
      interval: 5,
    });
    expect(gate.isFit()).toBe(false);
  });

  test("while a setting is wrong that was changed under way, and no longer", async () => {
    gate = makeRedisGate(redis, log, OFTEN);
    await isOpen(true);
    await redis.config("SET", "appendonly", "no");
    await isOpen(false);
    await redis.config("SET", "appendonly", "yes");
    await isOpen(true);
  });
});

test("a Redis that is only slow keeps its gate open", async () => {
  gate = makeRedisGate(redis, log, SELDOM);
  await isOpen(true);
  server.freeze();
  await expect(gate.check()).rejects.toThrow(/timed out/);
  server.thaw();
  expect(gate.isFit()).toBe(true);
});

test("a gate that was stopped does not look again", async () => {
  gate = makeRedisGate(redis, log, OFTEN);
  const other = connectRedis(server.url, "other");
  closing.push(() => other.disconnect());
  await Promise.all([waitForRedis(redis, 5_000), waitForRedis(other, 5_000)]);
  const [looks, otherLooks] = [vi.spyOn(redis, "info"), vi.spyOn(other, "info")];
  await vi.waitFor(() => expect(looks.mock.calls.length).toBeGreaterThan(1), { timeout: 10_000, interval: 5 });
  gate.stop();
  const before = looks.mock.calls.length;
  // Another one of the same pace shows that its time has come and gone.
  const clock = makeRedisGate(other, log, OFTEN);
  other.emit("ready");
  await vi.waitFor(() => expect(otherLooks.mock.calls.length).toBeGreaterThan(3), { timeout: 10_000, interval: 5 });
  clock.stop();
  expect(looks.mock.calls.length).toBe(before);
});
