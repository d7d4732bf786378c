/** What views are made of, read from a real Redis: nothing is written meanwhile. */
import type { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { beat } from "../../src/task/heartbeat.ts";
import { type HostInfo, readHosts, register } from "../../src/task/hosts.ts";
import { keys } from "../../src/task/keys.ts";
import { makeTaskQueue, type TaskQueue } from "../../src/task/queue.ts";
import { makeTaskStore, type TaskStore } from "../../src/task/store.ts";
import type { TaskSpec } from "../../src/task/task-spec.ts";
import { keptIds, keptTasks } from "../../src/views/kept-tasks.ts";
import { makeViewReader, type ViewReader } from "../../src/views/reader.ts";
import { type ConnectedRedis, startConnectedRedis } from "../support/redis.ts";
import { LANE, makeSpec, STARTS } from "../support/task-spec.ts";

const NOW = 1_700_000_100_000;
const host: HostInfo = {
  id: "h1",
  place: "p1",
  name: "anvil",
  version: "0.1.0",
  pid: 7,
  slots: 2,
  sandbox: "bwrap",
  agents: ["scripted"],
  defaultAgent: "scripted",
  draining: false,
  startedAt: NOW,
};

let server: ConnectedRedis;
let redis: Redis;
let store: TaskStore;
let queue: TaskQueue;
let views: ViewReader;

beforeAll(async () => {
  server = await startConnectedRedis();
  ({ redis } = server);
  store = makeTaskStore(redis, () => undefined);
  queue = makeTaskQueue(redis);
  views = makeViewReader({ redis, store, queue, hosts: () => readHosts(redis, NOW), now: () => NOW });
});
beforeEach(() => redis.flushall());
afterAll(async () => {
  await queue.close();
  await server.close();
});

async function queued(commentId: number, changes: Partial<TaskSpec> = {}): Promise<string> {
  const spec = makeSpec({ commentId, acceptedAt: commentId, ...changes });
  await store.create(spec, STARTS);
  const task = await store.read(spec.id);
  if (task) await queue.enqueue(task);
  return spec.id;
}

async function over(commentId: number): Promise<string> {
  const spec = makeSpec({ commentId, acceptedAt: commentId });
  await store.create(spec, STARTS);
  await store.advance(spec.id, { name: "cancel", reason: { kind: "command", by: "maintainer" }, at: NOW });
  return spec.id;
}

/** All that Redis holds, as it is dumped. */
async function everything(): Promise<Map<string, string>> {
  const names = await redis.keys("*");
  const dumps = await Promise.all(names.map(async (name) => (await redis.dumpBuffer(name))?.toString("base64") ?? ""));
  return new Map(names.map((name, index) => [name, dumps[index] ?? ""]));
}

test("tasks, hosts, the queue's order, beats and doubts come together, and reading them changes nothing", async () => {
  await register(redis, host, NOW);
  const running = await queued(1);
  await store.advance(running, { name: "claimed", host: "h1", claim: "c", job: `${running}-1`, lane: LANE, at: NOW });
  const [second, third] = [await queued(2), await queued(3)];
  const broken = await queued(4);
  await redis.hset(keys.task(broken), "record", "{half");
  await beat(redis, host, [{ taskId: running, lastOutputAt: NOW - 5 }], NOW);
  const before = await everything();
  const around = await views.around();
  await views.ofIssue(11, 1);
  expect(await everything()).toEqual(before);
  expect(around.hosts.map(({ id, alive }) => [id, alive])).toEqual([["h1", true]]);
  expect(around.tasks.map(({ spec }) => spec.id)).toEqual([running, second, third]);
  expect(around.queue.flat().filter((id) => [second, third].includes(id))).toEqual([second, third]);
  expect(around.beats).toEqual(new Map([[running, NOW - 5]]));
  expect(around.inDoubt).toEqual(new Map([[broken, "unreadable"]]));
});

test("of an issue: its tasks with why, what came of them, and those whose record cannot be read", async () => {
  await register(redis, host, NOW);
  const [done, open] = [await over(1), await queued(2)];
  await queued(3, { number: 2 });
  const broken = await queued(4);
  await redis.hset(keys.task(broken), "record", "{half");
  const gone = await over(5);
  await redis.del(keys.task(gone));
  const found = await views.ofIssue(11, 1);
  expect(found.tasks.map(({ task, state }) => [task.id, state])).toEqual([
    [done, "settled"],
    [open, "queued"],
  ]);
  expect(found.conversation.tasks).toHaveLength(2);
  expect(found.inDoubt).toEqual([broken]);
});

test("tasks that are over are found without a list of them; the newest are kept, and all counted", async () => {
  for (let each = 1; each <= 30; each++) await over(each);
  await queued(99);
  const fits = () => true;
  const found = await keptTasks(redis, store, { fits, limit: 3 });
  expect(found.tasks.map(({ spec }) => spec.acceptedAt)).toEqual([30, 29, 28]);
  expect(found).toMatchObject({ count: 30, partial: false });
  const odd = await keptTasks(redis, store, { fits: ({ spec }) => spec.acceptedAt % 2 === 1, limit: 100 });
  expect(odd.count).toBe(15);
  expect(await keptTasks(redis, store, { fits, limit: 3, mostRead: 10 })).toMatchObject({ partial: true });
});

test("ids are those of tasks, not of what stands beside them", async () => {
  const id = await over(1);
  await redis.set(`${keys.task(id)}:shown`, "{}");
  await redis.set(keys.task("not-a-task"), "");
  const found: string[] = [];
  for await (const ids of keptIds(redis, "")) found.push(...ids);
  expect(found).toEqual([id]);
});
