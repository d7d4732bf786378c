import type { Redis } from "ioredis";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { type DueLoop, type Duty, startDueLoop } from "../src/due-loop.ts";
import { type DueSet, makeDueSet, type Taken } from "../src/task/due-set.ts";
import { connectRedis, waitForRedis } from "../src/task/redis.ts";
import { startRedis, type TestRedis } from "./support/redis.ts";

const HOUR = 3_600_000;

let server: TestRedis;
let redis: Redis;
let set: DueSet;
let loops: DueLoop[] = [];
let offset = 0;
const now = () => Date.now() + offset;
beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis(server.url, "test");
  await waitForRedis(redis, 5_000);
  set = makeDueSet(redis, "due");
});
beforeEach(async () => {
  offset = 0;
  await redis.flushall();
});
afterEach(async () => {
  await Promise.all(loops.map((loop) => loop.stop()));
  loops = [];
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

function start(work: Duty["work"], more: Partial<Duty> = {}): DueLoop {
  const log = pino({ level: "silent" });
  const loop = startDueLoop({ name: "sample", set, atOnce: 8, sweepMs: HOUR, work, now, log, ...more });
  loops.push(loop);
  return loop;
}

test("what is due is worked off, what comes due later at its time, and what a wake tells of at once", async () => {
  const done: string[] = [];
  await set.plan("first", now());
  await set.plan("later", now() + 100);
  const loop = start(async (taken) => {
    done.push(taken.member);
    await taken.done();
  });
  await expect.poll(() => done).toEqual(["first", "later"]);
  await set.plan("new", now());
  loop.wake();
  await expect.poll(() => done).toEqual(["first", "later", "new"]);
  expect(await set.size()).toBe(0);
});

test("what nobody tells of is found by the sweep", async () => {
  let count = 0;
  const work = async (taken: Taken) => {
    count += 1;
    await taken.done();
  };
  start(work, { sweepMs: 20 });
  await set.plan("quiet", now());
  await expect.poll(() => count).toBe(1);
});

test("no more is begun than may be under way, and each end makes room", async () => {
  const ends: (() => void)[] = [];
  for (let index = 0; index < 5; index++) await set.plan(`m${index}`, now());
  start(
    async (taken) => {
      await new Promise<void>((resolve) => ends.push(resolve));
      await taken.done();
    },
    { atOnce: 2 },
  );
  await expect.poll(() => ends.length).toBe(2);
  ends[0]?.();
  await expect.poll(() => ends.length).toBe(3);
  expect(await set.size()).toBe(4);
  for (let index = 1; index < 5; index++) {
    await expect.poll(() => ends.length).toBeGreaterThan(index);
    ends[index]?.();
  }
  await expect.poll(() => set.size()).toBe(0);
});

test("what is worked on is kept, and nobody else gets it meanwhile", async () => {
  const end = Promise.withResolvers<void>();
  let begun = 0;
  const work = async (taken: Taken) => {
    begun += 1;
    await end.promise;
    await taken.done();
  };
  await set.plan("long", now());
  start(work);
  await expect.poll(() => begun).toBe(1);
  const [, first] = await redis.zrange("due", "0", "0", "WITHSCORES");
  start(work, { sweepMs: 10 });
  await expect.poll(() => redis.zscore("due", "long"), { timeout: 5_000 }).not.toBe(first);
  expect(begun).toBe(1);
  end.resolve();
  await expect.poll(() => set.size()).toBe(0);
});

test("work that fails is put off, each time for longer, and then begins anew", async () => {
  const waits: number[] = [];
  let count = 0;
  await set.plan("hard", now());
  const loop = start(async (taken) => {
    if (++count < 4) throw new Error("not now");
    await taken.done();
  });
  for (let time = 1; time < 4; time++) {
    await expect.poll(async () => count === time && (await redis.exists("due:taken"))).toBe(0);
    waits.push(Number(await redis.zscore("due", "hard")) - now());
    offset += 10_000;
    loop.wake();
  }
  expect(waits.map((wait) => Math.ceil(wait / 1_000))).toEqual([1, 2, 4]);
  await expect.poll(() => set.size()).toBe(0);
});

test("work that finds another one in its place is left to that one", async () => {
  const began = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  await set.plan("frozen", now());
  const loop = start(async (taken) => {
    began.resolve();
    await goOn.promise;
    await taken.keep(now());
    throw new Error("went on");
  });
  await began.promise;
  await redis.zadd("due", now(), "frozen");
  const [other] = await set.take(now(), 1);
  goOn.resolve();
  await loop.stop();
  expect(await other?.renew(now())).toBe(true);
});

test("a loop that stops begins nothing more and waits for what is under way", async () => {
  const [began, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const done: string[] = [];
  await set.plan("a", now());
  const loop = start(async (taken, isStopped) => {
    began.resolve();
    await end.promise;
    done.push(`${taken.member} ${isStopped()}`);
    await taken.done();
  });
  await began.promise;
  await set.plan("b", now());
  const stopped = loop.stop();
  loop.wake();
  end.resolve();
  await stopped;
  expect(done).toEqual(["a true"]);
  expect(await set.nextAt()).toBeLessThanOrEqual(now());
});

test("a Redis that was away is looked at again by itself", async () => {
  let count = 0;
  const work = async (taken: Taken) => {
    count += 1;
    await taken.done();
  };
  await server.kill();
  start(work, { sweepMs: 50 });
  await server.restart();
  await waitForRedis(redis, 10_000);
  await set.plan("a", now());
  await expect.poll(() => count, { timeout: 10_000 }).toBe(1);
});

test("loops with nothing to do look at the same moments, so that an idle program sleeps in between", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  onTestFinished(() => void vi.useRealTimers());
  const empty = { take: async () => [], nextAt: async () => undefined } as unknown as DueSet;
  const looks = [new Set<number>(), new Set<number>()];
  for (const seen of looks) {
    const before = async () => void seen.add(performance.now());
    start(async () => {}, { set: empty, sweepMs: 1_000, before });
    await vi.advanceTimersByTimeAsync(300);
  }
  for (const seen of looks) seen.clear();
  await vi.advanceTimersByTimeAsync(5_000);
  const [one, other] = looks;
  expect(one?.size).toBe(5);
  expect(other).toEqual(one);
});
