/** How old what pages are drawn from may be, with a real Redis. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeFacts, WHOLE_EVERY_MS } from "../../../dashboard/rows/facts.ts";
import { makeTaskStore } from "../../../src/task/store.ts";
import type { ViewReader } from "../../../src/views/reader.ts";
import { type ConnectedRedis, startConnectedRedis } from "../../support/redis.ts";

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
