/** Who catches up when there are several bots. */
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { GitHub } from "../../src/github.ts";
import { CATCH_UP_LEASE_MS, catchUp } from "../../src/reconcile/catch-up.ts";
import { makeLease } from "../../src/reconcile/lease.ts";
import { connectRedis, waitForRedis } from "../../src/task/redis.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

let server: TestRedis;
let redis: ReturnType<typeof connectRedis>;
beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis(server.url, "test");
  await waitForRedis(redis, 5_000);
});
beforeEach(() => redis.flushall());
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

const lease = (lengthMs = 60_000) => makeLease(redis, "lease", lengthMs);

describe("the lease", () => {
  test("is one bot's until it lets go", async () => {
    const [mine, theirs] = [lease(), lease()];
    expect([await mine.hold(), await theirs.hold(), await mine.hold()]).toEqual([true, false, true]);
    await theirs.release();
    expect(await theirs.hold()).toBe(false);
    await mine.release();
    expect([await theirs.hold(), await mine.hold()]).toEqual([true, false]);
  });

  test("of a bot that died runs out", async () => {
    expect(await lease(1).hold()).toBe(true);
    const other = lease();
    await expect.poll(other.hold, { interval: 5 }).toBe(true);
    expect(await redis.pttl("lease")).toBeGreaterThan(1_000);
  });
});

describe("a round", () => {
  const github = { forApp: () => Promise.reject(new Error("GitHub was asked")) } as unknown as GitHub;
  const log = pino({ level: "silent" });
  const deps = { redis, github, hears: () => true, now: Date.now, log, startedAt: 0, minAgeMs: 0 };

  test("is left to the bot that is at it", async () => {
    expect(await lease().hold()).toBe(true);
    expect(await catchUp({ ...deps, redis, lease: lease() }, () => false)).toBe(CATCH_UP_LEASE_MS);
  });

  test("that fails lets go, so that the next need not wait", async () => {
    await expect(catchUp({ ...deps, redis, lease: lease() }, () => false)).rejects.toThrow("GitHub was asked");
    expect(await lease().hold()).toBe(true);
  });
});
