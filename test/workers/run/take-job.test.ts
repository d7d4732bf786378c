/** What becomes of a job in hand, with a real Redis: a host dies with one, and a task's record is gone. */
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { reconcile } from "../../../src/reconcile/reconcile.ts";
import { keys } from "../../../src/task/keys.ts";
import { hostLaneName, type Lane, laneName } from "../../../src/task/lane.ts";
import { bullKey } from "../../../src/task/lane-backend.ts";
import { makeTaskQueue, type TaskQueue } from "../../../src/task/queue.ts";
import { makeTaskStore, type TaskStore } from "../../../src/task/store.ts";
import type { Task } from "../../../src/task/task.ts";
import { type Lanes, openLanes } from "../../../workers/lanes.ts";
import type { Run, Shared } from "../../../workers/run/run.ts";
import { take } from "../../../workers/run/take-job.ts";
import type { Slots } from "../../../workers/slots.ts";
import { type ConnectedRedis, startConnectedRedis } from "../../support/redis.ts";
import { makeSpec } from "../../support/task-spec.ts";
import { temporaryFolder } from "../workspace/support.ts";

const HOME: Lane = { agent: "a", host: "ha" };
const AGENT: Lane = { agent: "a" };
const spec = makeSpec();

let server: ConnectedRedis;
let store: TaskStore;
let queue: TaskQueue;
let lanes: Lanes;
beforeAll(async () => {
  server = await startConnectedRedis();
  [store, queue, lanes] = [makeTaskStore(server.redis), makeTaskQueue(server.redis), openLanes(server.redis)];
});
beforeEach(async () => {
  await server.redis.flushall();
});
afterAll(async () => {
  await lanes.close();
  await queue.close();
  await server.close();
});

/** `own`: its store, where that is not the usual one. */
function startHost(id: string, own: TaskStore = store) {
  const begun: Run[] = [];
  const said: string[] = [];
  const dataDir = temporaryFolder();
  const log = pino({ level: "warn" }, { write: (line: string) => void said.push(JSON.parse(line).msg) });
  const shared = {
    hostId: id,
    store: own,
    dataDir,
    log,
    redis: server.redis,
    operator: { roles: new Map(), agents: new Map() },
  } as unknown as Shared;
  const slots = { run: () => undefined, take: () => ({ slot: 0 }), begin: (run: Run) => begun.push(run) };
  const locker = { lanes, redis: server.redis, token: `host-${id}` };
  return {
    begun,
    said,
    /** Takes the next job of the lane; false when there is none. */
    async look(from: "own" | { lane: Lane }): Promise<boolean> {
      const name = from === "own" ? hostLaneName(id) : laneName(from.lane);
      const job = await lanes.worker(name).getNextJob(locker.token, { block: false });
      if (job) await take({ shared, slots: slots as unknown as Slots, locker }, { job, from });
      return job !== undefined;
    },
  };
}

async function queuedIn(lane: Lane): Promise<Task> {
  await store.create(spec, { lane });
  const task = (await store.read(spec.id)) as Task;
  await queue.enqueue(task);
  return task;
}

/** The locks of a host that is gone run out, and what it had waits again. */
async function locksRunOut(): Promise<void> {
  await server.redis.del("none", ...(await server.redis.keys("bull:*:lock")));
  for (const lane of [AGENT, HOME])
    for (let look = 1; look <= 2; look++) {
      await server.redis.del(bullKey(laneName(lane), "stalled-check"));
      await lanes.returnStalled(laneName(lane));
    }
}

const sweep = () => {
  const log = pino({ level: "silent" });
  const world = {
    hosts: async () => [],
    paused: async () => ({}),
    findPushed: async () => undefined,
    now: () => spec.acceptedAt + 60_000,
  };
  return reconcile({ redis: server.redis, store, queue, ...world, log }, new Set());
};

test("a host dies between carrying a job over and its claim: nobody runs the job that it left, and the sweep gives the home another", async () => {
  await queuedIn(HOME);
  const dies: TaskStore = {
    ...store,
    change: async () => {
      throw new Error("killed");
    },
  };
  await expect(startHost("ha", dies).look("own")).rejects.toThrow("killed");
  expect(await server.redis.llen(bullKey(laneName(AGENT), "active"))).toBe(1);
  await locksRunOut();

  const other = startHost("hb");
  expect(await other.look({ lane: AGENT })).toBe(true);
  expect([other.begun, await other.look({ lane: AGENT })]).toEqual([[], false]);
  const home = startHost("ha");
  expect(await home.look("own")).toBe(false);

  await sweep();
  await sweep();
  expect(await queue.depth()).toMatchObject({ waiting: 1, active: 0 });
  expect(await home.look("own")).toBe(true);
  expect(home.begun).toHaveLength(1);
  expect(await store.read(spec.id)).toMatchObject({ epoch: 1, crashes: [], state: { name: "running", host: "ha" } });
});

test.each([
  ["a host's own lane", HOME, "own" as const],
  ["an agent's lane", AGENT, { lane: AGENT }],
])("a job in %s whose task is not there any more is removed, once, and said", async (_, lane, from) => {
  await queuedIn(lane);
  const record = await server.redis.hgetall(keys.task(spec.id));
  await server.redis.del(keys.task(spec.id));
  const host = startHost("ha");
  expect(await host.look(from)).toBe(true);
  await locksRunOut();
  expect(await host.look(from)).toBe(false);
  expect(host.said).toEqual(["there is no record of a job's task: the job is removed"]);
  expect(host.begun).toEqual([]);

  // Should it come back, the task goes on.
  await server.redis.hset(keys.task(spec.id), record);
  await sweep();
  expect(await host.look(from)).toBe(true);
  expect(host.begun).toHaveLength(1);
});
