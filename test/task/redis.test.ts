import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { connectRedis, waitForRedis } from "../../src/task/redis.ts";
import { type ConnectedRedis, startConnectedRedis } from "../support/redis.ts";

let server: ConnectedRedis;
beforeAll(async () => {
  server = await startConnectedRedis();
});
afterAll(() => server.close());

test("commands of one turn leave in one write, in their order", async () => {
  const { redis } = server;
  const sent = vi.spyOn(redis.stream, "_writev" as never);
  const each = Array.from({ length: 200 }, (_, index) => redis.rpush("list", index));
  expect(await Promise.all(each)).toEqual(each.map((_, index) => index + 1));
  expect(sent).toHaveBeenCalledOnce();
  expect(await redis.lrange("list", 0, -1)).toEqual(each.map((_, index) => String(index)));
});

test("what is asked before the connection is closed in the same turn is still carried out", async () => {
  const other = connectRedis(server.url, "other");
  await waitForRedis(other, 5_000);
  const asked = other.incr("count");
  other.disconnect();
  expect(await asked).toBe(1);
});
