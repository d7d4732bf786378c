import { gzipSync } from "node:zlib";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { keepOutput, packOutput, pieceOfKept, readKeptOutput, unpackOutput } from "../../src/task/kept-output.ts";
import { keys } from "../../src/task/keys.ts";
import { type ConnectedRedis, startConnectedRedis } from "../support/redis.ts";

let server: ConnectedRedis;
let redis: Redis;
beforeAll(async () => {
  server = await startConnectedRedis();
  ({ redis } = server);
});
afterAll(async () => {
  await server.close();
});

const lines = "eleven\ntwelve\nthirteen\n";
const kept = {
  steps: [
    { name: "setup-1", size: 0, text: "" },
    { name: "agent-1", size: 1_000, text: lines },
  ],
};

test("what a run printed is kept with the places that it had in its transcript", async () => {
  await keepOutput(redis, { task: "taaaaaaaaaaaaaaa", epoch: 2 }, await packOutput(kept), 1);
  const packed = await readKeptOutput(redis, { task: "taaaaaaaaaaaaaaa", epoch: 2 });
  const found = packed && (await unpackOutput(packed));
  expect(found).toEqual(kept);
  const whole = { from: 1_000 - lines.length, to: 1_000, text: lines, step: "agent-1" };
  expect(await pieceOfKept(kept, { bytes: 100 })).toMatchObject(whole);
  expect(await pieceOfKept(kept, { from: 5, bytes: 100 })).toMatchObject(whole);
  const after = whole.from + "eleven\n".length;
  expect(await pieceOfKept(kept, { from: after, bytes: 100 })).toMatchObject({
    from: after,
    text: "twelve\nthirteen\n",
  });
  expect(await pieceOfKept(kept, { from: 1_000, bytes: 100 })).toMatchObject({ from: 1_000, to: 1_000, text: "" });
  expect(await pieceOfKept(kept, { until: after, bytes: 100 })).toMatchObject({
    ...whole,
    to: after,
    text: "eleven\n",
  });
  expect(await pieceOfKept(kept, { step: "verify-1", bytes: 100 })).toBeUndefined();
});

test("Redis keeps the last hundred, for a day, and whoever keeps a history hears of each", async () => {
  await redis.flushall();
  const packed = await packOutput(kept);
  for (let epoch = 1; epoch <= 105; epoch++)
    await keepOutput(redis, { task: "taaaaaaaaaaaaaaa", epoch }, packed, epoch);
  expect(await redis.keys("orch:task:*:output")).toHaveLength(100);
  expect(await readKeptOutput(redis, { task: "taaaaaaaaaaaaaaa", epoch: 5 })).toBeUndefined();
  expect(await redis.ttl(keys.keptOutput("taaaaaaaaaaaaaaa", 6))).toBeGreaterThan(86_000);
  expect(await redis.xlen(keys.history)).toBe(105);
});

test.each([
  ["is no archive", Buffer.from("words")],
  ["is none of ours", gzipSync("[]")],
  ["would take all memory", gzipSync(Buffer.alloc(64 * 1024 * 1024))],
])("what %s is nothing", async (_, packed) => {
  expect(await unpackOutput(packed)).toBeUndefined();
});

test("what a host has packed is made harmless again", async () => {
  const packed = await packOutput({ steps: [{ name: "agent-1", size: 9, text: "a\u001b[2Jb\u001b]52;c;x\u0007\n" }] });
  expect((await unpackOutput(packed))?.steps[0]?.text).toBe("ab\n");
});
