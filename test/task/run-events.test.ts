import type { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { keys } from "../../src/task/keys.ts";
import {
  appendRunEvents,
  boundedEvent,
  lastEntryId,
  MAX_EVENT_TEXT,
  MAX_RUN_EVENTS,
  type RunEvent,
  readRunEvents,
} from "../../src/task/run-events.ts";
import { type ConnectedRedis, startConnectedRedis } from "../support/redis.ts";

const run = { task: "taaaaaaaaaaaaaaa", epoch: 1 };
const key = keys.runEvents(run.task, run.epoch);
const says = (text: string): RunEvent => ({ at: 1_700_000_000_000, step: "agent-1", kind: "text", text });
/** As a step says it: its words are numbered. */
const entries = (from: number, to: number, step = 7) =>
  Array.from({ length: to - from + 1 }, (_, index) => ({
    id: { step, seq: from + index },
    event: says(`word ${from + index}`),
  }));

let server: ConnectedRedis;
let redis: Redis;
beforeAll(async () => {
  server = await startConnectedRedis();
  ({ redis } = server);
});
beforeEach(async () => {
  await redis.flushall();
});
afterAll(async () => {
  await server.close();
});

const read = (options: { after?: string | undefined; limit?: number } = {}) =>
  readRunEvents(redis, run.task, run.epoch, { limit: MAX_RUN_EVENTS, ...options });
const texts = async () => (await read()).events.map(({ text }) => text);

test("what a run says stands in the order in which it was said, whatever is sent again", async () => {
  await appendRunEvents(redis, run, entries(1, 3));
  await appendRunEvents(redis, run, entries(1, 3));
  await appendRunEvents(redis, run, entries(2, 4));
  await appendRunEvents(redis, run, entries(1, 1, 8));
  await appendRunEvents(redis, run, entries(5, 6));
  expect(await texts()).toEqual(["word 1", "word 2", "word 3", "word 4", "word 1"]);
  expect(await lastEntryId(redis, run)).toEqual({ step: 8, seq: 1 });
  expect(await lastEntryId(redis, { ...run, epoch: 2 })).toEqual({ step: 0, seq: 0 });
});

test("a step of any kind is heard", async () => {
  const steps = ["setup-1", "agent-1", "verify-1", "agent-2"];
  const said = steps.map((step, index) => ({ id: { step: index + 1, seq: 1 }, event: { ...says("x"), step } }));
  await appendRunEvents(redis, run, said);
  expect((await read()).events.map(({ step }) => step)).toEqual(steps);
});

test("of a run that does not stop talking the newest stays, and all is gone a day after its last word", async () => {
  for (let from = 1; from <= 10_000; from += 50) await appendRunEvents(redis, run, entries(from, from + 49));
  expect(await redis.xlen(key)).toBe(MAX_RUN_EVENTS);
  expect((await texts()).at(-1)).toBe("word 10000");
  const seconds = await redis.ttl(key);
  expect(seconds).toBeGreaterThan(24 * 3600 - 60);
  expect(seconds).toBeLessThanOrEqual(24 * 3600);
});

test("a stream that is full of the longest events takes a third of a megabyte", async () => {
  const long = (seq: number) => ({ id: { step: 1, seq }, event: boundedEvent(says("字".repeat(1_000))) });
  for (let from = 1; from <= 1_000; from += 50)
    await appendRunEvents(
      redis,
      run,
      Array.from({ length: 50 }, (_, index) => long(from + index)),
    );
  expect(await redis.memory("USAGE", key, "SAMPLES", 0)).toBeLessThan(400_000);
});

test("who follows a run gets what is new each time, nothing twice", async () => {
  await appendRunEvents(redis, run, entries(1, 5));
  const first = await read({ limit: 2 });
  expect(first.events.map(({ text }) => text)).toEqual(["word 4", "word 5"]);
  expect(await read({ after: first.next, limit: 2 })).toEqual({ events: [], next: first.next });
  await appendRunEvents(redis, run, entries(6, 8));
  const second = await read({ after: first.next, limit: 2 });
  expect(second.events.map(({ text }) => text)).toEqual(["word 6", "word 7"]);
  expect((await read({ after: second.next, limit: 2 })).events.map(({ text }) => text)).toEqual(["word 8"]);
});

test.each(["x".repeat(100_000), "“字”\n".repeat(10_000), '"\\'.repeat(10_000), "👩‍👩‍👧".repeat(10_000)])(
  "an event takes a kilobyte at most, and what stands in it is whole (%#)",
  async (text) => {
    const bounded = boundedEvent(says(text));
    expect(bounded.text.length).toBeLessThanOrEqual(MAX_EVENT_TEXT);
    expect(bounded.text.length).toBeGreaterThan(250);
    expect(bounded.text.isWellFormed()).toBe(true);
    expect(Buffer.byteLength(JSON.stringify(bounded))).toBeLessThanOrEqual(1_000);
    await appendRunEvents(redis, run, [{ id: { step: 1, seq: 1 }, event: bounded }]);
    expect((await read()).events).toHaveLength(1);
  },
);

test("what another program wrote there is skipped, and what it hides in an event is taken out", async () => {
  const foreign: [string, string][] = [
    ["event", "{half"],
    ["event", "null"],
    ["event", "[]"],
    ["event", JSON.stringify({ ...says("x"), kind: "shutdown" })],
    ["event", JSON.stringify({ ...says("x"), step: "../../agent-1" })],
    ["event", JSON.stringify({ ...says("x"), at: -1 })],
    ["event", JSON.stringify({ ...says("x"), at: "now" })],
    ["event", JSON.stringify(says("x".repeat(5_000_000)))],
    ["else", JSON.stringify(says("x"))],
    ["event", JSON.stringify({ ...says("a\u001b[2Jb\u202ec"), admin: true })],
  ];
  for (const [name, text] of foreign) await redis.xadd(key, "*", name, text);
  const page = await read();
  expect(page.events).toEqual([says("abc")]);
  // Nobody who follows the run stops in front of them.
  await redis.xadd(key, "*", "event", "{half");
  const next = await read({ after: page.next });
  expect(next.events).toEqual([]);
  expect(next.next).not.toBe(page.next);
});

test("where the stream should be stands something else: whoever writes is told", async () => {
  await redis.set(key, "mine");
  await expect(appendRunEvents(redis, run, entries(1, 1))).rejects.toThrow(/WRONGTYPE/);
});
