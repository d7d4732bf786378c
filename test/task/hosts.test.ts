import type { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { beat, endOldBeats, readRunBeats } from "../../src/task/heartbeat.ts";
import { forgetHosts, type HostInfo, offeredAgents, readHosts, register, unregister } from "../../src/task/hosts.ts";
import { keys } from "../../src/task/keys.ts";
import { connectBlockingRedis } from "../../src/task/redis.ts";
import { type ConnectedRedis, startConnectedRedis } from "../support/redis.ts";

const NOW = 1_700_000_000_000;
const host = {
  id: "h1",
  place: "p1",
  name: "anvil",
  version: "0.1.0",
  pid: 7,
  slots: 2,
  sandbox: "bwrap" as const,
  agents: ["claude"],
  defaultAgent: "claude",
  draining: false,
  startedAt: NOW,
};

let server: ConnectedRedis;
let redis: Redis;

beforeAll(async () => {
  server = await startConnectedRedis();
  ({ redis } = server);
});
afterAll(async () => {
  await server.close();
});

test("a host that cannot be read is told of and left out, the others are known", async () => {
  await register(redis, host, NOW);
  const foreign = { a: "null", b: "{half", c: '{"id":"c"}' };
  await redis.hset(keys.hosts, foreign);
  const told: string[] = [];
  expect(await readHosts(redis, NOW, (key) => told.push(key))).toEqual([{ ...host, lastBeat: NOW, alive: true }]);
  expect(told.toSorted()).toEqual(["a", "b", "c"].map((id) => `${keys.hosts} ${id}`));
  await redis.hdel(keys.hosts, ...Object.keys(foreign));
});

test("a host that misses three beats is gone; one that says goodbye is forgotten", async () => {
  await register(redis, host, NOW);
  expect(await beat(redis, host, [], NOW + 10_000)).toBe("known");
  const aliveAt = async (at: number) => (await readHosts(redis, at)).map(({ alive }) => alive);
  expect(await aliveAt(NOW + 26_000)).toEqual([true]);
  expect(await aliveAt(NOW + 27_000)).toEqual([false]);
  await unregister(redis, host.id);
  expect(await aliveAt(NOW)).toEqual([]);
  expect(await beat(redis, host, [], NOW + 11_000)).toBe("unknown");
});

test("a host that has been silent for a month is forgotten, and is known again when it comes back", async () => {
  const days = (count: number) => NOW + count * 24 * 3600_000;
  await redis.flushall();
  await register(redis, host, NOW);
  await register(redis, { ...host, id: "h2" }, days(2));
  await beat(redis, host, [{ taskId: "t1", lastOutputAt: NOW }], NOW);
  await forgetHosts(redis, days(29));
  expect((await readHosts(redis, days(29))).map(({ id }) => id)).toEqual(["h2", "h1"]);
  await forgetHosts(redis, days(31));
  expect((await readHosts(redis, days(31))).map(({ id }) => id)).toEqual(["h2"]);
  expect(await redis.hkeys(keys.hostPlaces)).toEqual(["h2"]);
  expect(await redis.zrange(keys.heartbeats, "0", "-1")).toEqual(["run:t1", "host:h2"]);
  expect(await beat(redis, host, [], days(31))).toBe("unknown");
  await redis.flushall();
});

test("a host whose id has become another's does not beat for it", async () => {
  await register(redis, host, NOW);
  await register(redis, { ...host, place: "p2" }, NOW + 1_000);
  expect(await beat(redis, host, [], NOW + 2_000)).toBe("another's");
  expect(await readHosts(redis, NOW + 2_000)).toMatchObject([{ place: "p2", lastBeat: NOW + 1_000 }]);
});

test("when an agent last said something is known as long as its task is open", async () => {
  const runs = ["t1", "t2", "t3"].map((taskId, index) => ({ taskId, lastOutputAt: NOW + index }));
  await register(redis, host, NOW);
  await beat(redis, host, runs, NOW + 10_000);
  expect([...(await readRunBeats(redis, ["t3", "unknown", "t1"]))]).toEqual([
    ["t3", NOW + 2],
    ["t1", NOW],
  ]);
  expect([...(await readRunBeats(redis, []))]).toEqual([]);
  await endOldBeats(redis, async () => ["t2"]);
  expect([...(await readRunBeats(redis, ["t1", "t2", "t3"]))]).toEqual([["t2", NOW + 1]]);
  expect(await redis.zscore(keys.heartbeats, `host:${host.id}`)).toBe(String(NOW + 10_000));
});

test("an agent is known for seven days after a host offered it last: by a beat, or when it registered or left", async () => {
  const days = (count: number) => NOW + count * 24 * 3600_000;
  const knownAt = async (at: number) => (await offeredAgents(redis, await readHosts(redis, at), at)).toSorted();
  await redis.flushall();
  expect(await knownAt(NOW)).toEqual([]);
  await register(redis, host, NOW);
  await register(redis, { ...host, id: "h2", agents: ["codex"] }, NOW);
  await unregister(redis, "h2");
  await beat(redis, host, [], days(20));
  expect(await knownAt(days(7))).toEqual(["claude", "codex"]);
  expect(await knownAt(days(8))).toEqual(["claude"]);
  expect(await knownAt(days(27))).toEqual(["claude"]);
  expect(await knownAt(days(28))).toEqual([]);
  // What nobody has offered for so long is not kept.
  await register(redis, host, days(28));
  expect(await redis.zrange(keys.offered, "0", "-1")).toEqual(["claude"]);
});

test("who waits for hosts hears of one that comes, comes back, or offers something else, and of nothing besides", async () => {
  await redis.flushall();
  const subscriber = connectBlockingRedis(server.url, "test-subscriber");
  await subscriber.subscribe(keys.ready);
  let heard = 0;
  subscriber.on("message", () => {
    heard += 1;
  });
  const heardAfter = async (told: Partial<HostInfo>, at: number) => {
    heard = 0;
    await register(redis, { ...host, ...told }, at);
    // Comes through the same connection as the news does.
    await subscriber.ping();
    return heard;
  };
  expect(await heardAfter({}, NOW)).toBe(1);
  expect(await heardAfter({ inDoubt: [{ task: "t1", doubt: "absent" }] }, NOW + 1_000)).toBe(0);
  expect(await heardAfter({}, NOW + 2_000)).toBe(0);
  expect(await heardAfter({ draining: true }, NOW + 3_000)).toBe(1);
  expect(await heardAfter({}, NOW + 4_000)).toBe(1);
  const memory = { freeBytes: 1, wantedBytes: 2 };
  expect(await heardAfter({ strained: { memory } }, NOW + 5_000)).toBe(1);
  expect(await heardAfter({ strained: { memory: { ...memory, freeBytes: 0 } } }, NOW + 6_000)).toBe(0);
  expect(await heardAfter({}, NOW + 7_000)).toBe(1);
  expect(await heardAfter({ agents: ["claude", "codex"] }, NOW + 5_000)).toBe(1);
  expect(await heardAfter({ slots: 3 }, NOW + 6_000)).toBe(1);
  expect(await heardAfter({ slots: 3, startedAt: NOW + 7_000 }, NOW + 7_000)).toBe(1);
  // After a silence it counted as gone.
  expect(await heardAfter({ slots: 3, startedAt: NOW + 7_000 }, NOW + 60_000)).toBe(1);
  subscriber.disconnect();
  await redis.flushall();
});
