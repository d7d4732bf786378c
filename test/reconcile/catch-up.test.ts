import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { GitHub } from "../../src/github.ts";
import { catchUp } from "../../src/reconcile/catch-up.ts";
import { keys } from "../../src/task/keys.ts";
import { connectRedis, waitForRedis } from "../../src/task/redis.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

let server: TestRedis;
let redis: ReturnType<typeof connectRedis>;
beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis(server.url, "test");
  await waitForRedis(redis, 5_000);
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

test("a round asks whether it may go on before it asks GitHub, and ends without a trace when not", async () => {
  const asked: string[] = [];
  const rest = { apps: { listWebhookDeliveries: () => undefined } };
  const paginate = {
    iterator: () => {
      asked.push("GitHub");
      return [];
    },
  };
  const github = { forApp: async () => ({ rest, paginate }) } as unknown as GitHub;
  const log = pino({ level: "silent" });
  const deps = { redis, github, hears: () => true, now: Date.now, log, startedAt: 0, minAgeMs: 0 };
  await expect(catchUp(deps, () => Promise.reject(new Error("not ours")))).rejects.toThrow("not ours");
  expect(asked).toEqual([]);
  expect(await redis.exists(keys.caughtUp)).toBe(0);
  expect(await catchUp(deps, async () => undefined)).toBeUndefined();
  expect(asked).toEqual(["GitHub"]);
  expect(await redis.exists(keys.caughtUp)).toBe(1);
});

test("what another Orch has noted down in another way is as if nothing had been noted down", async () => {
  const github = {
    forApp: async () => ({ rest: { apps: {} }, paginate: { iterator: () => [] } }),
  } as unknown as GitHub;
  const log = pino({ level: "silent" });
  const deps = { redis, github, hears: () => true, now: Date.now, log, startedAt: 0, minAgeMs: 0 };
  for (const text of ["half", '{"format":99}', '{"since":"yesterday"}']) {
    await redis.set(keys.caughtUp, text);
    expect(await catchUp(deps, async () => undefined), text).toBeUndefined();
    expect(await redis.get(keys.caughtUp), text).toContain('"lookedAt"');
  }
});
