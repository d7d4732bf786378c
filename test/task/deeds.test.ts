import { afterAll, beforeAll, expect, test } from "vitest";
import { type Deed, makeDeeds } from "../../src/task/deeds.ts";
import { keys } from "../../src/task/keys.ts";
import { type ConnectedRedis, startConnectedRedis } from "../support/redis.ts";

let server: ConnectedRedis;
beforeAll(async () => {
  server = await startConnectedRedis();
});
afterAll(() => server.close());

const deed = (changes: Partial<Deed> = {}): Deed => ({
  ...{ at: 1, by: { name: "ada", id: 7 }, via: "comment", verb: "cancel", done: true, tasks: ["t1"], ...changes },
});

test("what somebody did is noted once, by time and beside each task that it was about", async () => {
  const deeds = makeDeeds(server.redis);
  expect(await deeds.note("1-2-3", deed({ tasks: ["t1", "t2"] }))).toBe(true);
  expect(await deeds.note("1-2-3", deed({ verb: "retry" }))).toBe(false);
  expect(
    await deeds.note("1-2-4", deed({ at: 2, verb: "drain", via: "cli", by: { name: "root" }, host: "h1", tasks: [] })),
  ).toBe(true);
  expect(await deeds.ofTask("t1")).toEqual([deed({ tasks: ["t1", "t2"] })]);
  expect(await deeds.ofTask("t2")).toEqual(await deeds.ofTask("t1"));
  const [newest, older] = await deeds.newest({ most: 5 });
  expect([newest, older]).toMatchObject([{ verb: "drain", host: "h1" }, { verb: "cancel" }]);
  expect(await deeds.newest({ most: 5, before: newest?.id })).toEqual([older]);
  expect(await deeds.newest({ most: 5, before: "nonsense" })).toHaveLength(2);
});

test("no more is kept than there is room for, however much is done and said", async () => {
  const deeds = makeDeeds(server.redis);
  const tasks = Array.from({ length: 200 }, (_, nth) => `u${nth}`);
  for (let nth = 0; nth < 120; nth += 1)
    await deeds.note(`many-${nth}`, deed({ at: nth, tasks, by: { name: "x".repeat(5_000) } }));
  const kept = await deeds.ofTask("u0");
  expect([kept.length, kept.at(-1)?.at, kept[0]?.by.name.length, kept[0]?.tasks.length]).toEqual([100, 119, 100, 50]);
  expect(await server.redis.ttl(keys.deedsOf("u0"))).toBeGreaterThan(0);
  expect(await server.redis.ttl(keys.deed("many-1"))).toBeGreaterThan(0);
});

test("one that cannot be read is left out", async () => {
  await server.redis.rpush(keys.deedsOf("t9"), "{}", JSON.stringify(deed({ tasks: ["t9"] })));
  expect(await makeDeeds(server.redis, () => undefined).ofTask("t9")).toHaveLength(1);
});
