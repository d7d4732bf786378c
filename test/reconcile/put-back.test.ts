import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { putBackLost } from "../../src/reconcile/put-back.ts";
import { keys } from "../../src/task/keys.ts";
import { type Offer, offer, readOffers } from "../../src/task/offers.ts";
import { makeTaskQueue } from "../../src/task/queue.ts";
import { makeTaskStore } from "../../src/task/store.ts";
import type { Task } from "../../src/task/task.ts";
import { type ConnectedRedis, startConnectedRedis } from "../support/redis.ts";
import { LANE, makeSpec, STARTS } from "../support/task-spec.ts";

const spec = makeSpec();
const FOUND_AT = spec.acceptedAt + 60_000;
const id = spec.id;
let server: ConnectedRedis;
let store: ReturnType<typeof makeTaskStore>;
let queue: ReturnType<typeof makeTaskQueue>;
let now: number;
let told: string[];

beforeAll(async () => {
  server = await startConnectedRedis();
  store = makeTaskStore(server.redis, () => undefined);
  queue = makeTaskQueue(server.redis);
});
beforeEach(async () => {
  await server.redis.flushall();
  now = FOUND_AT + 30_000;
  told = [];
});
afterAll(async () => {
  await queue.close();
  await server.close();
});

function offerOf(host: string, epoch: number): Offer {
  const job = `${id}-${epoch}`;
  const times = { since: FOUND_AT, phaseSince: FOUND_AT };
  const state = { name: "running" as const, phase: "working" as const, host, claim: "c", job, lane: LANE, ...times };
  const runs = [{ number: epoch, host, startedAt: FOUND_AT, progress: { lastLines: "I read" } }];
  const task: Task = { spec, state, agent: LANE.agent, epoch, version: 7, crashes: [], runs };
  return { host, at: FOUND_AT, task };
}

const putBack = () =>
  putBackLost({
    ...{ redis: server.redis, store, queue, now: () => now, log: pino({ level: "silent" }) },
    tell: (key) => told.push(key),
  });

test("a lost record is put back with its run's number, gets a job, and is reported as one that GitHub shows already", async () => {
  await offer(server.redis, [offerOf("h1", 3)]);
  await putBack();
  const task = (await store.read(id)) as Task;
  expect(task).toMatchObject({ epoch: 3, version: 1, state: { name: "running", host: "h1" }, runs: [{ number: 3 }] });
  expect(await queue.holds(task)).toBe(true);
  expect(await store.openIds()).toEqual([id]);
  expect(await store.idsOfIssue(spec.repository.id, spec.number)).toEqual([id]);
  expect(await store.reports.members()).toEqual([id]);
  expect(await store.isFirstReport(id)).toBe(false);
  expect((await store.events(id)).map(({ what }) => what)).toEqual(["put back"]);
  expect(await readOffers(server.redis, () => undefined)).toEqual([]);
});

test("of two hosts' runs of a task the later one counts, whichever was offered first", async () => {
  await offer(server.redis, [offerOf("h1", 1), offerOf("h2", 2)]);
  await putBack();
  expect(await store.read(id)).toMatchObject({ epoch: 2, state: { host: "h2" } });
});

test("until every host has had the time to offer, nothing is put back", async () => {
  await offer(server.redis, [offerOf("h1", 1)]);
  now = FOUND_AT + 5_000;
  await putBack();
  expect(await store.lookUp(id)).toEqual({ kind: "absent" });
  await offer(server.redis, [{ ...offerOf("h1", 1), at: now + 9_000 }]); // again: the time of the first one counts
  now = FOUND_AT + 11_000;
  await putBack();
  expect(await store.read(id)).toMatchObject({ epoch: 1 });
});

test("a record that is there again, or settled, is never written over", async () => {
  await store.create(spec, STARTS);
  const outcome = { kind: "refused" as const, reason: "no" };
  await store.advance(id, { name: "given_up", version: 1, outcome, at: FOUND_AT });
  await offer(server.redis, [offerOf("h1", 1)]);
  await putBack();
  expect(await store.read(id)).toMatchObject({ state: { name: "settled", outcome } });
  expect(await readOffers(server.redis, () => undefined)).toEqual([]);
});

test("a record that cannot be read stays, and so does the offer", async () => {
  await server.redis.hset(keys.task(id), "version", 1, "record", "{half");
  await offer(server.redis, [offerOf("h1", 1)]);
  await putBack();
  expect(await server.redis.hget(keys.task(id), "record")).toBe("{half");
  expect(await readOffers(server.redis, () => undefined)).toHaveLength(1);
});

test("an offer of a newer host is left for a newer bot", async () => {
  await server.redis.hset(keys.offers, "x/h1", JSON.stringify({ format: 99 }));
  await putBack();
  expect(told).toEqual([`${keys.offers} x/h1`]);
  expect(await server.redis.hlen(keys.offers)).toBe(1);
});
