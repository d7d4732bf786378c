import type { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectRedis, waitForRedis } from "../../src/task/redis.ts";
import { checkRedisFitness } from "../../src/task/redis-fitness.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

const WARNED = { problems: [], warnings: [expect.stringMatching(/appendonly yes.*noeviction/)] };

let server: TestRedis;
let redis: Redis;

beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis(server.url, "test");
  await waitForRedis(redis, 5_000);
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

/** This Redis, as somebody would host it: `CONFIG GET` answers as `config` does. */
const hosted = (config: (get: string, name: string) => Promise<unknown>): Redis =>
  Object.assign(Object.create(redis), { config });

test("a Redis with AOF and without eviction is fit", async () => {
  expect(await checkRedisFitness(redis)).toEqual({ problems: [], warnings: [] });
});

test("a Redis that does not tell its settings is warned of, not refused", async () => {
  // Redis' own answer to a parameter that it does not support, as hosts word it.
  const unsupported = hosted(() => redis.eval('return redis.error_reply("ERR Unsupported CONFIG parameter")', 0));
  expect(await checkRedisFitness(unsupported)).toEqual(WARNED);
  expect(await checkRedisFitness(hosted(async () => []))).toEqual(WARNED);
});

test("a Redis that forbids CONFIG is warned of, not refused", async () => {
  await redis.call("ACL", "SETUSER", "plain", "on", ">secret", "~*", "&*", "+@all", "-config");
  const plain = connectRedis(server.url.replace("//", "//plain:secret@"), "test");
  await waitForRedis(plain, 5_000);
  expect(await checkRedisFitness(plain)).toEqual(WARNED);
  plain.disconnect();
});

test("what is told counts, though the rest is not", async () => {
  const half = hosted(async (_, name) => (name === "appendonly" ? [name, "no"] : []));
  expect(await checkRedisFitness(half)).toEqual({
    problems: [expect.stringContaining("without AOF")],
    warnings: WARNED.warnings,
  });
});

test("no answer at all is no answer", async () => {
  const lost = hosted(() => Promise.reject(new Error("Command timed out")));
  await expect(checkRedisFitness(lost)).rejects.toThrow("timed out");
});
