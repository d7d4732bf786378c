import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { bookLost } from "../../src/reconcile/book-lost.ts";
import { type Caps, envelopesOf, wantOf } from "../../src/task/envelope.ts";
import { book, readBalances, readReserves, reserve } from "../../src/task/ledger.ts";
import type { Progress } from "../../src/task/progress.ts";
import { makeTaskStore, type TaskStore } from "../../src/task/store.ts";
import { type ConnectedRedis, startConnectedRedis } from "../support/redis.ts";
import { claimedBy, makeSpec, STARTS } from "../support/task-spec.ts";

let server: ConnectedRedis;
let redis: ConnectedRedis["redis"];
let store: TaskStore;
beforeAll(async () => {
  server = await startConnectedRedis();
  redis = server.redis;
  store = makeTaskStore(redis);
});
afterAll(() => server.close());
beforeEach(async () => void (await redis.flushall()));

const HOUR_MS = 3600_000;
const NOW = Date.now();
const caps: Caps = { run: { usd: 2 }, day: { usd: 10 } };
const spec = makeSpec();
const envelopes = envelopesOf(spec, caps, NOW) ?? [];
const log = pino({ level: "silent" });

const setAside = (epoch = 1) =>
  reserve(redis, { task: spec.id, epoch, envelopes, want: wantOf(spec, caps, envelopes), at: NOW });
const sweepAt = (at: number) => bookLost({ redis, store, now: () => at, log });
const day = async () => (await readBalances(redis, envelopes)).at(-1);

async function running(progress: Progress): Promise<void> {
  await store.create(spec, STARTS);
  await setAside();
  await store.advance(spec.id, claimedBy("h1", NOW));
  await store.advance(spec.id, { name: "progress", epoch: 1, progress, at: NOW });
}
const end = () =>
  store.advance(spec.id, { name: "ended", epoch: 1, outcome: { kind: "host_error", message: "it died" }, at: NOW });
const told = { agent: "a", budget: { epoch: 1, reserved: { usd: 2 }, used: { usd: 0.25, tokens: 7, ms: 9, runs: 1 } } };

test("a run that goes keeps what it has set aside", async () => {
  await running(told);
  await sweepAt(NOW + 20 * HOUR_MS);
  expect((await readReserves(redis)).size).toBe(1);
});

test("one that ended and that its host did not book is booked with what it told, once", async () => {
  await running(told);
  await end();
  await sweepAt(NOW + 1_000);
  expect((await readReserves(redis)).size).toBe(1);
  await Promise.all([sweepAt(NOW + HOUR_MS), sweepAt(NOW + HOUR_MS)]);
  expect(await day()).toMatchObject({ spent: { usd: 0.25, tokens: 7, ms: 9, runs: 1 }, reserved: {} });
});

test("what nobody knows of a run that is parked stays set aside while its task waits, and is booked when that ends", async () => {
  await running({ agent: "a" });
  const reasons = [{ for: "approval" as const, proposal: "p1", until: NOW + 9 * HOUR_MS }];
  await store.advance(spec.id, { name: "parked", epoch: 1, reasons, at: NOW });
  await book(redis, { task: spec.id, epoch: 1, used: { runs: 1 }, goesOn: true });
  await sweepAt(NOW + 8 * HOUR_MS);
  expect(await day()).toMatchObject({ spent: { runs: 1 }, reserved: { usd: 2 } });
  await store.advance(spec.id, { name: "cancel", reason: { kind: "command", by: "maintainer" }, at: NOW });
  await sweepAt(NOW + 9 * HOUR_MS);
  expect(await day()).toMatchObject({ spent: { usd: 2, runs: 1 }, reserved: {} });
});

test("where it told nothing, the whole of what it had set aside is booked", async () => {
  await running({ agent: "a" });
  await end();
  await sweepAt(NOW + HOUR_MS);
  expect(await day()).toMatchObject({ spent: { usd: 2, runs: 1 }, reserved: {} });
});

test("what was set aside for a run that never began comes back, and may be set aside again", async () => {
  await store.create(spec, STARTS);
  await setAside();
  await store.advance(spec.id, { name: "cancel", reason: { kind: "command", by: "maintainer" }, at: NOW });
  await sweepAt(NOW + HOUR_MS);
  expect(await day()).toMatchObject({ spent: {}, reserved: {} });
  expect((await setAside()).kind).toBe("reserved");
});

test("without its record nothing is known for a day, then the whole is booked", async () => {
  await setAside();
  await sweepAt(NOW + HOUR_MS);
  expect((await readReserves(redis)).size).toBe(1);
  await sweepAt(NOW + 25 * HOUR_MS);
  expect(await day()).toMatchObject({ spent: { usd: 2, runs: 1 }, reserved: {} });
});
