import { afterAll, beforeAll, expect, test } from "vitest";
import { makeMetrics } from "../../src/metrics/metrics.ts";
import { makeTaskStore } from "../../src/task/store.ts";
import { type ConnectedRedis, startConnectedRedis } from "../support/redis.ts";
import { claimedBy, makeSpec, STARTS } from "../support/task-spec.ts";

let server: ConnectedRedis;
beforeAll(async () => {
  server = await startConnectedRedis();
});
afterAll(() => server.close());

test("while Redis takes nothing new it is told how things stand, and what is news is counted once, afterwards", async () => {
  const { redis } = server;
  const store = makeTaskStore(redis);
  const around = async () => ({ now: 0, hosts: [], tasks: [], paused: {} });
  const { scrape } = makeMetrics({ redis, store, around, now: Date.now });
  const tokens = async () => /^orch_tokens_total\{.*type="input"\} (\d+)$/m.exec((await scrape()).text)?.[1];
  await scrape();
  const spec = makeSpec({});
  await store.create(spec, STARTS);
  await store.advance(spec.id, claimedBy("h1", spec.acceptedAt));
  const outcome = { kind: "no_changes" as const, lastWords: "" };
  await store.advance(spec.id, { name: "ended", epoch: 1, outcome, progress: { inputTokens: 7 }, at: spec.acceptedAt });

  await redis.config("SET", "maxmemory", "1");
  expect([await tokens(), await tokens()]).toEqual([undefined, undefined]);
  expect((await scrape()).text).toMatch(/^orch_queue_depth 0$/m);
  await redis.config("SET", "maxmemory", "0");
  expect([await tokens(), await tokens()]).toEqual(["7", "7"]);
});
