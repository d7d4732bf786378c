import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type ReconcileDeps, reconcile, startReconciling } from "../../src/reconcile/reconcile.ts";
import type { Taken } from "../../src/task/due-set.ts";
import { beat, readRunBeats } from "../../src/task/heartbeat.ts";
import { keys } from "../../src/task/keys.ts";
import { laneName } from "../../src/task/lane.ts";
import { makePlanStore } from "../../src/task/plans.ts";
import { makeTaskQueue } from "../../src/task/queue.ts";
import type { connectRedis } from "../../src/task/redis.ts";
import { makeTaskStore } from "../../src/task/store.ts";
import type { Task } from "../../src/task/task.ts";
import { openLanes } from "../../workers/lanes.ts";
import { type ConnectedRedis, startConnectedRedis } from "../support/redis.ts";
import { LANE, makeSpec, STARTS } from "../support/task-spec.ts";

let server: ConnectedRedis;
let redis: ReturnType<typeof connectRedis>;
let deps: ReconcileDeps;
const spec = makeSpec();
const MINUTE = 60_000;
let now = spec.acceptedAt;
let told: string[];

beforeAll(async () => {
  server = await startConnectedRedis();
  ({ redis } = server);
});
beforeEach(async () => {
  await redis.flushall();
  now = spec.acceptedAt;
  told = [];
  deps = {
    redis,
    store: makeTaskStore(redis, (key) => told.push(key)),
    queue: makeTaskQueue(redis),
    hosts: async () => [],
    paused: async () => ({}),
    findPushed: async () => undefined,
    now: () => now,
    log: pino({ level: "silent" }),
  };
  await deps.store.create(spec, STARTS);
});
afterAll(async () => {
  await deps.queue.close();
  await server.close();
});

const theTask = async () => (await deps.store.read(spec.id)) as Task;
const hasJob = async () => await deps.queue.holds(await theTask());
const claimedBy = (host: string, job = "job-1") =>
  deps.store.advance(spec.id, { name: "claimed", host, claim: `${host}/${job}`, job, lane: LANE, at: now });
const loseEveryJob = async () => await redis.del("bull:none", ...(await redis.keys("bull:*")));

test("a queued task whose job was lost gets one again, once", async () => {
  await deps.queue.enqueue(await theTask());
  await loseEveryJob();
  now += MINUTE;
  await reconcile(deps, new Set());
  await reconcile(deps, new Set());
  expect(await hasJob()).toBe(true);
  expect((await deps.queue.depth()).waiting).toBe(1);
});

test("a record that cannot be read does not keep the sweep from the others", async () => {
  const other = "tbbbbbbbbbbbbbbb";
  const { state, ...half } = await theTask();
  const unknown = { ...half, state: { ...state, name: "paused" } };
  now += MINUTE;
  for (const record of ["{half", "null", "[]", "{}", JSON.stringify(unknown)]) {
    await loseEveryJob();
    await redis.zadd(keys.open, 1, other);
    await redis.hset(keys.task(other), "version", 1, "record", record);
    await reconcile(deps, new Set());
    expect(await hasJob(), record).toBe(true);
  }
  expect(told).toEqual(Array(5).fill(keys.task(other)));
});

test("a running task whose job is missing in two sweeps is handed out again", async () => {
  await deps.queue.enqueue(await theTask());
  await claimedBy("host-a", `${spec.id}-1`);
  now += 10 * MINUTE;
  const missing = new Set<string>();
  await reconcile(deps, missing);
  await loseEveryJob();
  await reconcile(deps, missing);
  expect(await hasJob()).toBe(false);
  await reconcile(deps, missing);
  expect(await hasJob()).toBe(true);
});

test("a running task whose job is found again in between is left alone", async () => {
  await claimedBy("host-a");
  now += 10 * MINUTE;
  const missing = new Set<string>();
  await reconcile(deps, missing);
  await deps.queue.enqueue(await theTask());
  await reconcile(deps, missing);
  await loseEveryJob();
  await reconcile(deps, missing);
  expect(await hasJob()).toBe(false);
});

test("a running task that was handed out again by the job of its first run has a job", async () => {
  await deps.queue.enqueue(await theTask());
  const job = String((await openLanes(redis).worker(laneName(LANE)).getNextJob("host-a", { block: false }))?.id);
  for (const name of ["host-a", "host-b"]) await claimedBy(name, job);
  expect((await theTask()).epoch).toBe(2);
  now += 10 * MINUTE;
  const missing = new Set<string>();
  for (let sweep = 1; sweep <= 3; sweep++) await reconcile(deps, missing);
  expect(await deps.queue.depth()).toMatchObject({ waiting: 0, active: 1 });
});

test("a cancelled task whose host is gone is settled", async () => {
  await claimedBy("host-a");
  await deps.store.advance(spec.id, { name: "cancel", reason: { kind: "command", by: "maintainer" }, at: now });
  now += 10 * MINUTE;
  await reconcile(deps, new Set());
  expect((await theTask()).state).toMatchObject({ name: "settled", outcome: { kind: "cancelled" } });
});

test("a run that is given up takes along the job that its host died with, wherever nobody looks any more", async () => {
  await deps.queue.enqueue(await theTask());
  const job = await openLanes(redis).worker(laneName(LANE)).getNextJob("host-a", { block: false });
  await claimedBy("host-a", String(job?.id));
  await deps.store.advance(spec.id, { name: "cancel", reason: { kind: "command", by: "maintainer" }, at: now });
  await redis.del(...(await redis.keys("bull:*:lock")));
  expect((await deps.queue.depth()).active).toBe(1);
  now += 10 * MINUTE;
  await reconcile(deps, new Set());
  expect((await theTask()).state.name).toBe("settled");
  expect(await deps.queue.depth()).toMatchObject({ waiting: 0, active: 0 });
});

test("a task that nobody took for a day is settled, and its job is gone", async () => {
  await deps.queue.enqueue(await theTask());
  now += 24 * 60 * MINUTE;
  await reconcile(deps, new Set());
  expect((await theTask()).state).toMatchObject({
    name: "settled",
    outcome: { kind: "timed_out", deadline: "queued", afterMs: 24 * 60 * MINUTE },
  });
  expect(await deps.queue.depth()).toMatchObject({ waiting: 0, active: 0 });
});

test("a pushed task that the report has forgotten is due again; one that it plans is left to its plan", async () => {
  await claimedBy("host-a");
  const pushed = { branch: "b", sha: "0".repeat(40), base: "main", files: 1, additions: 1, deletions: 0, commits: 1 };
  await deps.store.advance(spec.id, { name: "pushed", epoch: 1, pushed, at: now });
  const { reports } = deps.store;
  const take = async () => (await reports.take(now, 1))[0] as Taken;
  expect(await deps.store.markReported(await theTask(), await take())).toBe("told");
  now += MINUTE;
  await reconcile(deps, new Set());
  expect(await reports.nextAt()).toBe(now);
  const planned = now + 5 * MINUTE;
  await (await take()).postpone(planned);
  now += MINUTE;
  await reconcile(deps, new Set());
  expect(await reports.nextAt()).toBe(planned);
});

test("the sweeps of all bots share one memory: what two of them miss, at a distance, is handed out again", async () => {
  await claimedBy("host-a");
  now += 10 * MINUTE;
  const sweep = async () => {
    const { stop } = startReconciling({ ...deps, redis, plans: makePlanStore(redis) });
    await expect.poll(() => redis.zscore(keys.round("open-tasks"), "open-tasks")).toBe(String(now + 30_000));
    await stop();
  };
  await sweep();
  now += 5_000;
  await sweep();
  expect(await hasJob()).toBe(false);
  now += 25_000;
  await sweep();
  expect(await hasJob()).toBe(true);
  expect(await redis.exists(keys.jobless)).toBe(0);
});

test("the sweep forgets the beats of runs with which their host died, once their tasks are over", async () => {
  await claimedBy("host-a");
  await beat(redis, { id: "host-a", place: "p1" }, [{ taskId: spec.id, lastOutputAt: 7 }], now);
  const sweep = async () => {
    const { stop } = startReconciling({ ...deps, redis, plans: makePlanStore(redis) });
    await expect.poll(() => redis.zscore(keys.round("open-tasks"), "open-tasks")).toBe(String(now + 30_000));
    await stop();
  };
  await sweep();
  expect([...(await readRunBeats(redis, [spec.id]))]).toEqual([[spec.id, 7]]);
  await deps.store.advance(spec.id, { name: "pull_request", pullRequest: { number: 2, url: "u" }, at: now });
  now += 30_000;
  await sweep();
  expect([...(await readRunBeats(redis, [spec.id]))]).toEqual([]);
});

describe("a task whose host was gone for a day", () => {
  const DAY = 24 * 60 * MINUTE + 10 * MINUTE;
  const onGitHub = {
    branch: `orch/1-${spec.id}`,
    sha: "b".repeat(40),
    base: "main",
    files: 1,
    additions: 1,
    deletions: 0,
    commits: 1,
  };

  async function sweepAfterADay(findPushed: ReconcileDeps["findPushed"]): Promise<Task> {
    await claimedBy("h1");
    now += DAY;
    await reconcile({ ...deps, findPushed }, new Set());
    return await theTask();
  }

  test("goes on to its pull request when its work stands on GitHub", async () => {
    const task = await sweepAfterADay(async () => onGitHub);
    expect(task).toMatchObject({ state: { name: "running" }, pushed: onGitHub });
  });

  test("ends when it does not", async () => {
    const task = await sweepAfterADay(async () => undefined);
    expect(task.state).toMatchObject({ outcome: { kind: "host_error" } });
  });

  test("is left while GitHub does not say, and ends when it is closed to us", async () => {
    const left = await sweepAfterADay(async () => Promise.reject(new Error("timeout")));
    expect(left.state.name).toBe("running");
    const archived = Object.assign(new Error("Repository was archived so is read-only."), { status: 403 });
    await reconcile({ ...deps, findPushed: () => Promise.reject(archived) }, new Set());
    expect((await theTask()).state).toMatchObject({ outcome: { kind: "host_error" } });
  });
});
