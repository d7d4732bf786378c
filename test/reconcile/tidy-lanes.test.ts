/** Lanes that nobody serves any more, on a real Redis: what goes, and what stays for a host that may come. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { tidyLanes } from "../../src/reconcile/tidy-lanes.ts";
import type { HostView } from "../../src/task/hosts.ts";
import { keys } from "../../src/task/keys.ts";
import { hostLaneName, type Lane, laneName } from "../../src/task/lane.ts";
import { bullKey } from "../../src/task/lane-backend.ts";
import { makeTaskQueue, type TaskQueue } from "../../src/task/queue.ts";
import { makeTaskStore, type TaskStore } from "../../src/task/store.ts";
import type { Task } from "../../src/task/task.ts";
import { openLanes } from "../../workers/lanes.ts";
import { type ConnectedRedis, startConnectedRedis } from "../support/redis.ts";
import { makeSpec } from "../support/task-spec.ts";

const AGENT: Lane = { agent: "claude" };
const HOME: Lane = { agent: "claude", host: "h1" };
const TWO_DAYS_MS = 2 * 24 * 3600_000;

let server: ConnectedRedis;
let store: TaskStore;
let queue: TaskQueue;
beforeAll(async () => {
  server = await startConnectedRedis();
  store = makeTaskStore(server.redis);
});
beforeEach(async () => {
  await server.redis.flushall();
  queue = makeTaskQueue(server.redis);
});
afterAll(async () => {
  await server.close();
});

const host = (id: string, agents: string[]) => ({ id, agents }) as HostView;
const tidy = (hosts: HostView[] = [], inMs = TWO_DAYS_MS) =>
  tidyLanes({ redis: server.redis, store, hosts, now: Date.now() + inMs });
const keysOf = (lane: string) => server.redis.keys(bullKey(lane, "*"));

let count = 600;
/** A task whose job waits in the lane. */
async function queued(lane: Lane): Promise<Task> {
  const spec = makeSpec({ commentId: ++count });
  await store.create(spec, { lane });
  const task = (await store.read(spec.id)) as Task;
  await queue.enqueue(task);
  return task;
}
const settle = ({ spec }: Task) =>
  store.advance(spec.id, { name: "cancel", reason: { kind: "command", by: "maintainer" }, at: 1 });

/** A host takes the job, and dies with it. */
async function dieWith(lane: Lane): Promise<void> {
  const lanes = openLanes(server.redis);
  const job = await lanes.worker(laneName(lane)).getNextJob("host-dead", { block: false });
  await server.redis.del(bullKey(laneName(lane), `${job?.id}:lock`));
  await lanes.close();
}

test("the lane of a host that is forgotten goes with all that there was of it, that of one that is known stays", async () => {
  const task = await queued(HOME);
  const own = hostLaneName("h1");
  expect(await queue.withdraw(task)).toBe(true);
  expect(await tidy([host("h1", ["claude"])])).toEqual([]);
  expect(await keysOf(own)).not.toEqual([]);
  expect(await tidy([host("h2", ["claude"])])).toEqual([own]);
  expect(await keysOf(own)).toEqual([]);
  expect(await server.redis.exists(keys.turns(own))).toBe(0);
  expect(await server.redis.zrange(keys.lanes, "0", "-1")).toEqual([laneName(AGENT)]);
});

test("one that was used within a day stays: its host may come back", async () => {
  expect(await queue.withdraw(await queued(HOME))).toBe(true);
  expect(await tidy([], 3600_000)).toEqual([]);
});

test("a job that a host died with goes when its task is over, and the lane with it", async () => {
  const task = await queued(AGENT);
  await dieWith(AGENT);
  expect(await tidy()).toEqual([]);
  expect((await queue.depth()).active).toBe(1);
  await settle(task);
  expect(await tidy([host("h2", ["claude"])])).toEqual([]);
  expect((await queue.depth()).active).toBe(1); // there somebody else sees to it
  expect(await tidy()).toEqual([laneName(AGENT)]);
  expect(await server.redis.keys("bull:*")).toEqual([]);
});

test("a job whose task waits for a host stays, whoever else's goes; one that a host holds stays, too", async () => {
  const waits = await queued(AGENT);
  const over = await queued(AGENT);
  await settle(over);
  expect(await tidy()).toEqual([]);
  expect(await queue.inOrder()).toEqual([[waits.spec.id]]);
  const lanes = openLanes(server.redis);
  await lanes.worker(laneName(AGENT)).getNextJob("host-alive", { block: false });
  await lanes.close();
  await settle(waits);
  expect(await tidy()).toEqual([]);
  expect((await queue.depth()).active).toBe(1);
});

test("a lane that was forgotten is there again with the next job", async () => {
  await queue.withdraw(await queued(HOME));
  await tidy();
  const task = await queued(HOME);
  expect(await queue.holds(task)).toBe(true);
  expect((await queue.depth()).lanes).toMatchObject({ [laneName(HOME)]: { waiting: 1 } });
});
