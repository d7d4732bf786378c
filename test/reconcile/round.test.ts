import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Round, startRound } from "../../src/reconcile/round.ts";
import { LEASE_MS } from "../../src/task/due-set.ts";
import { keys } from "../../src/task/keys.ts";
import { connectRedis, waitForRedis } from "../../src/task/redis.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

const NAME = "sample";
const HOUR = 3_600_000;

let server: TestRedis;
let redis: ReturnType<typeof connectRedis>;
let rounds: Round[] = [];
const offset = 0;
const now = () => Date.now() + offset;
beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis(server.url, "test");
  await waitForRedis(redis, 5_000);
});
beforeEach(async () => {
  await Promise.all(rounds.map((round) => round.stop()));
  rounds = [];
  await redis.flushall();
});
afterAll(async () => {
  await Promise.all(rounds.map((round) => round.stop()));
  redis.disconnect();
  await server.stop();
});

/** A bot with this work, from its start on. */
function start(work: (keepOn: () => Promise<void>) => Promise<number | undefined>, everyMs = HOUR): Round {
  const round = startRound({ redis, name: NAME, everyMs, work, now, log: pino({ level: "silent" }) });
  rounds.push(round);
  return round;
}

/** When the next round is due, ms from now. */
const dueIn = async () => Number(await redis.zscore(keys.round(NAME), NAME)) - now();

test("comes at start, and then after the time that the work gives, or the usual one", async () => {
  let count = 0;
  const { stop } = start(async () => (++count === 1 ? undefined : HOUR / 4));
  await expect.poll(dueIn).toBeGreaterThan(HOUR / 2);
  expect(count).toBe(1);
  await stop();
  start(async () => (++count === 1 ? undefined : HOUR / 4));
  await expect.poll(async () => count === 2 && (await dueIn())).toBeGreaterThan(HOUR / 8);
  expect(await dueIn()).toBeLessThan(HOUR / 2);
});

test("is one bot's at a time", async () => {
  const end = Promise.withResolvers<undefined>();
  let atIt = 0;
  const most: number[] = [];
  const work = async () => {
    most.push(++atIt);
    await end.promise;
    atIt -= 1;
    return undefined;
  };
  start(work);
  await expect.poll(() => atIt).toBe(1);
  // They ask for a round at their start, which is news to whoever is at it.
  for (let bot = 2; bot <= 3; bot++) start(work);
  await expect.poll(() => redis.zcard(`${keys.round(NAME)}:news`)).toBe(1);
  end.resolve(undefined);
  await expect.poll(() => most.length).toBe(2);
  await expect.poll(dueIn).toBeGreaterThan(HOUR / 2);
  expect(Math.max(...most)).toBe(1);
});

test("of a bot that froze is another's, and the frozen one must not go on", async () => {
  const thaw = Promise.withResolvers<void>();
  const [began, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<unknown>()];
  start(async (keepOn) => {
    await keepOn();
    began.resolve();
    await thaw.promise;
    await keepOn().catch((error: unknown) => {
      ended.resolve(error);
      throw error;
    });
    return 1;
  });
  await began.promise;
  await redis.hset(`${keys.round(NAME)}:taken`, NAME, "another bot");
  thaw.resolve();
  expect(await ended.promise).toMatchObject({ name: "NoLongerTaken" });
  expect(await redis.hget(`${keys.round(NAME)}:taken`, NAME)).toBe("another bot");
  expect(await dueIn()).toBeLessThanOrEqual(LEASE_MS);
});

test("that fails comes again soon", async () => {
  let count = 0;
  start(async () => {
    if (++count === 1) throw new Error("not now");
    return undefined;
  });
  await expect.poll(() => count).toBe(1);
  await expect.poll(dueIn).toBeLessThanOrEqual(1_000);
  await expect.poll(() => count, { timeout: 10_000 }).toBe(2);
});

test("is planned again in a Redis that has lost everything", async () => {
  const everyMs = 200;
  let count = 0;
  start(async () => {
    count += 1;
    return undefined;
  }, everyMs);
  await expect.poll(() => count).toBe(1);
  await redis.flushall();
  await expect.poll(() => count, { timeout: 10_000 }).toBeGreaterThan(2);
});

test("that is asked for while Redis is away comes when it is back", async () => {
  let count = 0;
  const round = start(async () => {
    count += 1;
    return HOUR;
  }, 200);
  await expect.poll(dueIn).toBeGreaterThan(HOUR / 2);
  await server.kill();
  round.soon(0);
  await server.restart();
  await expect.poll(() => count, { timeout: 20_000 }).toBe(2);
});

test("a bot that stops ends its round at the next question, and leaves it to the others", async () => {
  const began = Promise.withResolvers<void>();
  const stopping = Promise.withResolvers<void>();
  const round = start(async (keepOn) => {
    began.resolve();
    await stopping.promise;
    await keepOn();
    throw new Error("went on");
  });
  await began.promise;
  const stopped = round.stop();
  stopping.resolve();
  await stopped;
  expect(await dueIn()).toBeLessThanOrEqual(0);
});
