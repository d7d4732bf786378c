import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { keys } from "../../src/task/keys.ts";
import { pauseAll, readPause, resumeAll } from "../../src/task/pause.ts";
import { type ConnectedRedis, startConnectedRedis } from "../support/redis.ts";

let server: ConnectedRedis;
beforeAll(async () => {
  server = await startConnectedRedis();
});
beforeEach(() => server.redis.flushall());
afterAll(() => server.close());

test("everything is held back from the first pause to its end, and the time in a queue counts from there", async () => {
  const { redis } = server;
  expect(await readPause(redis)).toEqual({});
  expect(await pauseAll(redis, { since: 1_000, by: "root" })).toBe(true);
  expect(await pauseAll(redis, { since: 2_000, by: "another" })).toBe(false);
  expect(await readPause(redis)).toEqual({ pause: { since: 1_000, by: "root" } });
  expect(await resumeAll(redis, 3_000)).toBe(true);
  expect(await resumeAll(redis, 4_000)).toBe(false);
  expect((await readPause(redis)).pause).toBeUndefined();
});

test("what nobody can read holds nothing back", async () => {
  await server.redis.hset(keys.pause, "since", "soon");
  expect(await readPause(server.redis)).toEqual({});
});
