/** How old what pages are drawn from may be, with a real Redis. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeFacts, WHOLE_EVERY_MS } from "../../../dashboard/rows/facts.ts";
import { readHosts } from "../../../src/task/hosts.ts";
import { makeTaskQueue } from "../../../src/task/queue.ts";
import { makeTaskStore } from "../../../src/task/store.ts";
import { makeViewReader, type ViewReader } from "../../../src/views/reader.ts";
import { type ConnectedRedis, startConnectedRedis } from "../../support/redis.ts";
import { claimedBy, makeSpec, STARTS } from "../../support/task-spec.ts";

let server: ConnectedRedis;
beforeAll(async () => {
  server = await startConnectedRedis();
});
afterAll(() => server.close());

test("all is looked at anew every few seconds, and at once when the clock was set back", async () => {
  let [now, looks] = [Date.now(), 0];
  const around = async () => {
    looks += 1;
    return { now, tasks: [], hosts: [], inDoubt: new Map(), fates: new Map() } as unknown as Awaited<
      ReturnType<ViewReader["around"]>
    >;
  };
  const store = makeTaskStore(server.redis);
  const facts = makeFacts({ redis: server.redis, store, views: { around }, now: () => now });
  const looksAfter = async (ms: number) => {
    now += ms;
    await facts.read(WHOLE_EVERY_MS);
    return looks;
  };
  expect(await looksAfter(0)).toBe(1);
  expect(await looksAfter(WHOLE_EVERY_MS - 1)).toBe(1);
  expect(await looksAfter(1)).toBe(2);
  expect(await looksAfter(-3600_000)).toBe(3);
});

test("what became of tasks that are over is read once, again where that is told, and of all of them in a while", async () => {
  const { redis } = server;
  const store = makeTaskStore(redis);
  let now = Date.now();
  const ids: string[] = [];
  for (let number = 1; number <= 24; number++) {
    const spec = makeSpec({ commentId: number, number, requestedAt: now, acceptedAt: now });
    await store.create(spec, STARTS);
    await store.advance(spec.id, claimedBy("h1", now));
    const outcome = { kind: "pull_request" as const, number: 100 + number, url: "https://github.test/pull/7" };
    await store.advance(spec.id, { name: "ended", epoch: 1, outcome, at: now });
    ids.push(spec.id);
  }
  const hosts = () => readHosts(redis, now);
  const views = makeViewReader({ redis, store, queue: makeTaskQueue(redis), hosts, now: () => now });
  const facts = makeFacts({ redis, store, views, now: () => now });
  const [told = "", untold = ""] = ids;
  const look = async () => {
    now += WHOLE_EVERY_MS;
    const { fates } = await facts.read(WHOLE_EVERY_MS);
    return [told, untold].map((id) => fates.get(id)?.closed?.merged ?? false);
  };
  expect(await look()).toEqual([false, false]);
  await redis.config("RESETSTAT");
  expect(await look()).toEqual([false, false]);
  const reads = /cmdstat_hget:calls=(\d+)/.exec(await redis.info("commandstats"))?.[1];
  expect(Number(reads)).toBeLessThanOrEqual(4);
  for (const id of [told, untold]) await store.noteClosed(id, { openedAt: now, at: now, merged: true });
  facts.notice(told);
  expect((await look())[0]).toBe(true);
  for (let looks = 0; looks < 11; looks++) await look();
  expect(await look()).toEqual([true, true]);
});
