/** Lanes and the fair order in them, as hosts meet them: jobs are taken from real queues. */

import type { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { keys } from "../../src/task/keys.ts";
import { type Lane, laneName } from "../../src/task/lane.ts";
import { makeTaskQueue, QUEUE_SHOWN, type TaskQueue } from "../../src/task/queue.ts";
import { connectBlockingRedis, connectRedis, waitForRedis } from "../../src/task/redis.ts";
import type { Task } from "../../src/task/task.ts";
import { type Lanes, openLanes } from "../../workers/lanes.ts";
import { randomFrom } from "../support/random.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

const CLAUDE: Lane = { agent: "claude" };
const GEMINI: Lane = { agent: "gemini" };
const HOME: Lane = { agent: "claude", host: "h1" };
const LANES: (Lane | "no lane")[] = [CLAUDE, GEMINI, HOME, "no lane"];

let server: TestRedis;
let redis: Redis;
let lanes: Lanes;
let queue: TaskQueue;
beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis(server.url, "test");
  await waitForRedis(redis, 5_000);
  lanes = openLanes(redis);
  queue = makeTaskQueue(redis);
});
afterEach(() => redis.flushall());
afterAll(async () => {
  await lanes.close();
  await queue.close();
  redis.disconnect();
  await server.stop();
});

let count = 0;
const taskOf = (repositoryId: number, lane?: Lane, priority?: "low" | "high"): Task =>
  ({
    spec: {
      id: `t${++count}-${repositoryId}-${priority ?? "normal"}`,
      repository: { id: repositoryId },
      ...(priority && { priority }),
    },
    epoch: 0,
    state: { name: "queued", lane },
  }) as Task;
const inLane = (task: Task, lane: Lane | undefined) => ({ ...task, state: { ...task.state, lane } }) as Task;

type Adding = { many?: number; to?: TaskQueue; in?: Lane | "no lane"; priority?: "low" | "high" | undefined };

async function add(
  repositoryId: number,
  { many = 1, to = queue, in: lane = CLAUDE, priority }: Adding = {},
): Promise<void> {
  for (let index = 0; index < many; index++)
    await to.enqueue(taskOf(repositoryId, lane === "no lane" ? undefined : lane, priority));
}

const nameOf = (lane: Lane | "no lane") => laneName(lane === "no lane" ? undefined : lane);

const nextJob = (lane: Lane | "no lane" = CLAUDE) => lanes.worker(nameOf(lane)).getNextJob("host", { block: false });

/** The repository of the next job, as the next free host takes it. */
async function takeNext(lane: Lane | "no lane" = CLAUDE): Promise<number | undefined> {
  const job = await nextJob(lane);
  await job?.moveToCompleted(undefined, "host", false);
  return job && Number(job.data.taskId.split("-")[1]);
}

/** The priorities of all jobs, in the order in which they are taken. */
async function takePriorities(): Promise<string[]> {
  const taken: string[] = [];
  for (let job = await nextJob(); job; job = await nextJob()) {
    await job.moveToCompleted(undefined, "host", false);
    taken.push(job.data.taskId.split("-")[2] ?? "");
  }
  return taken;
}

async function takeAll(lane: Lane | "no lane" = CLAUDE): Promise<number[]> {
  const taken: number[] = [];
  for (let next = await takeNext(lane); next !== undefined; next = await takeNext(lane)) taken.push(next);
  return taken;
}

describe("in a lane", () => {
  test("tasks of one repository are taken in the order in which they came", async () => {
    const tasks = Array.from({ length: 20 }, () => taskOf(1, CLAUDE));
    for (const task of tasks) await queue.enqueue(task);
    for (const task of tasks) expect((await nextJob())?.data.taskId).toBe(task.spec.id);
  });

  test("the first task of a repository does not stand behind another's thousand", async () => {
    await add(1, { many: 1_000 });
    await takeNext();
    await add(2);
    expect([await takeNext(), await takeNext()]).toContain(2);
  });

  test("repositories take turns, however many tasks each has, and who was idle gains no credit", async () => {
    await add(1, { many: 30 });
    await add(2, { many: 10 });
    await add(3, { many: 20 });
    const taken = await takeAll();
    expect(taken.slice(0, 30).filter((each) => each === 1)).toHaveLength(10);
    expect(taken.slice(0, 30).filter((each) => each === 2)).toHaveLength(10);
    expect(taken).toHaveLength(60);
    // Number 4 comes late: it takes turns from now on, and does not catch up on what it never asked for.
    await add(1, { many: 30 });
    for (let index = 0; index < 15; index++) await takeNext();
    await add(4, { many: 30 });
    const later = await takeAll();
    expect(later.slice(0, 30).filter((each) => each === 4)).toHaveLength(15);
  });

  test("a task of high priority goes before all that wait but the next one, one of low priority after them", async () => {
    await add(1, { priority: "low" });
    for (const priority of [undefined, undefined, "low", "high"] as const) await add(1, { priority });
    expect(await takePriorities()).toEqual(["normal", "high", "normal", "low", "low"]);
  });

  test("where all wait, eight of high priority come to four normal ones and one of low priority", async () => {
    for (const priority of ["low", undefined, "high"] as const) await add(1, { many: 40, priority });
    const turns = (await takePriorities()).slice(0, 39);
    const many = (priority: string) => turns.filter((each) => each === priority).length;
    expect([many("high"), many("normal")]).toEqual([24, 12]);
    expect(many("low")).toBe(3);
  });

  test("nobody's priority makes another repository's first task wait", async () => {
    await add(1, { many: 500, priority: "high" });
    for (let index = 0; index < 10; index++) await takeNext();
    await add(2);
    await add(3, { priority: "low" });
    const taken = [await takeNext(), await takeNext(), await takeNext()];
    expect(taken).toContain(2);
    const later = Array.from({ length: 12 }, takeNext);
    expect(await Promise.all(later)).toContain(3);
  });

  test("before tags run out they are moved down, and the order stays", async () => {
    const small = makeTaskQueue(redis, 100);
    await add(1, { many: 40, to: small });
    for (let index = 0; index < 30; index++) await takeNext();
    await add(1, { many: 25, to: small }); // the 51st tag comes in between
    await add(2, { to: small });
    const priorities = (await nextJob())?.priority ?? 0;
    expect(priorities).toBeLessThan(100);
    const taken = await takeAll();
    expect(taken.indexOf(2)).toBeLessThan(3);
    expect(taken).toHaveLength(35);
    await small.close();
  });
});

test("in random floods each repository gets its share of the turns while it waits, in each lane", async () => {
  const seed = Number(process.env.ORCH_SEED ?? Date.now() % 1_000_000);
  console.log(`seed ${seed}`);
  const { fraction, pick } = randomFrom(seed);
  const waiting = new Map(LANES.map((lane) => [lane, new Map<number, number>()]));
  for (let index = 0; index < 400; index++) {
    const lane = pick(LANES);
    const repository = 1 + Math.floor(fraction() ** 3 * 8);
    await add(repository, { in: lane });
    waiting.get(lane)?.set(repository, (waiting.get(lane)?.get(repository) ?? 0) + 1);
  }
  for (const [lane, counts] of waiting) {
    const fewest = Math.min(...counts.values());
    const taken = await takeAll(lane);
    const turns = taken.slice(0, fewest * counts.size);
    for (const repository of counts.keys()) {
      const got = turns.filter((each) => each === repository).length;
      expect([seed, lane, repository, Math.abs(got - fewest) <= 1]).toEqual([seed, lane, repository, true]);
    }
    expect(taken).toHaveLength([...counts.values()].reduce((sum, each) => sum + each, 0));
  }
});

test("a flood in one lane changes nothing in another", async () => {
  await add(1, { many: 100, in: GEMINI });
  await add(1, { many: 2 });
  await add(2, { many: 2 });
  expect(await takeAll()).toEqual([1, 2, 1, 2]);
});

test.each(LANES)("hosts hear at once that there is a job in lane %o", async (lane) => {
  const subscriber = connectBlockingRedis(server.url, "test-jobs");
  await subscriber.subscribe(keys.jobs);
  const heard = new Promise((resolve) => subscriber.on("message", (_, name) => resolve(name)));
  await add(1, { in: lane });
  expect(await heard).toBe(nameOf(lane));
  expect(await takeNext(lane)).toBe(1);
  subscriber.disconnect();
});

test("how many jobs there are is known over all lanes and for each, also to a program that has added none", async () => {
  for (const [index, lane] of LANES.entries()) await add(1, { many: index + 1, in: lane });
  await nextJob(GEMINI);
  const other = makeTaskQueue(redis);
  expect(await other.depth()).toEqual({
    waiting: 9,
    active: 1,
    lanes: {
      orch: { waiting: 4, active: 0 },
      "orch-agent-claude": { waiting: 1, active: 0 },
      "orch-agent-gemini": { waiting: 1, active: 1 },
      "orch-host-h1": { waiting: 3, active: 0 },
    },
  });
  await other.close();
});

describe("a job", () => {
  test("that waits in its turn can be withdrawn, once, and is known to be there", async () => {
    const task = taskOf(1, HOME);
    expect(await queue.withdraw(task)).toBe(false);
    await queue.enqueue(task);
    expect(await queue.holds(task)).toBe(true);
    expect(await queue.withdraw(inLane(task, CLAUDE))).toBe(false);
    expect(await queue.withdraw(task)).toBe(true);
    expect(await queue.withdraw(task)).toBe(false);
    expect(await queue.holds(task)).toBe(false);
    expect(await queue.depth()).toMatchObject({ waiting: 0, active: 0 });
    expect(await takeNext(HOME)).toBeUndefined();
  });

  test("that a host has is not withdrawn; one whose host lost it before it claimed the task is", async () => {
    const task = taskOf(1, HOME);
    await queue.enqueue(task);
    const job = await nextJob(HOME);
    expect(await queue.withdraw(task)).toBe(false);
    await redis.del(`bull:orch-host-h1:${job?.id}:lock`);
    expect(await queue.withdraw(task)).toBe(true);
    await expect(job?.extendLock("host", 1_000)).resolves.toBe(0);
    expect(await queue.depth()).toMatchObject({ waiting: 0, active: 0 });
  });

  test("moves to another lane with its record, and in its turn there", async () => {
    await add(1, { many: 5 });
    const task = taskOf(2, HOME);
    await queue.enqueue(task);
    const seen: boolean[] = [];
    const change = async () => {
      seen.push(await queue.holds(task)); // nobody can take it while the record changes
      return inLane(task, CLAUDE);
    };
    expect(await queue.move(task, change)).toBe(true);
    expect(seen).toEqual([false]);
    expect(await takeNext(HOME)).toBeUndefined();
    expect((await takeAll()).indexOf(2)).toBe(1);
  });

  test("does not move while a host has it, nor when the record has changed meanwhile", async () => {
    const [taken, late] = [taskOf(1, HOME), taskOf(1, HOME)];
    for (const task of [taken, late]) await queue.enqueue(task);
    await nextJob(HOME);
    expect(await queue.move(taken, async () => expect.unreachable())).toBe(false);
    expect(await queue.move(late, async () => undefined)).toBe(false);
    expect(await queue.holds(late)).toBe(false); // the sweep adds it where the record says by then
    expect(await takeNext()).toBeUndefined();
  });
});

test("while Redis is away everything fails at once, also in a lane that was never asked for", async () => {
  await redis.ping();
  await server.kill();
  await expect.poll(() => redis.status).not.toBe("ready");
  const startedAt = performance.now();
  await expect(queue.enqueue(taskOf(1, { agent: "new" }))).rejects.toThrow();
  await expect(queue.holds(taskOf(1, { agent: "new" }))).rejects.toThrow();
  await expect(nextJob({ agent: "new" })).rejects.toThrow();
  expect(performance.now() - startedAt).toBeLessThan(1_000);
  await server.restart();
  await waitForRedis(redis, 5_000);
  await add(1, { in: { agent: "new" } });
  expect(await takeNext({ agent: "new" })).toBe(1);
});

test("where the jobs of runs will be is known before the first is there", async () => {
  await add(1, { in: { agent: "late", host: "h1" } });
  expect((await queue.depth()).lanes).toMatchObject({
    "orch-host-h1": { waiting: 1 },
    "orch-agent-late": { active: 0 },
  });
});

test("who stands where in each lane is what hosts will take there, one after the other", async () => {
  await add(1, { many: 5, in: CLAUDE });
  await add(2, { many: 3, in: CLAUDE });
  await add(3, { many: 2, in: GEMINI });
  const lines = (await queue.inOrder()).filter((line) => line.length > 0);
  expect(lines.map((line) => line.length).sort()).toEqual([2, 8]);
  const inClaude = lines.find((line) => line.length === 8) ?? [];
  for (const next of inClaude) expect((await nextJob(CLAUDE))?.data.taskId).toBe(next);
  expect((await queue.inOrder()).flat()).toHaveLength(2);
});

test("of a long lane the beginning is shown", async () => {
  await add(1, { many: QUEUE_SHOWN + 1, in: CLAUDE });
  expect((await queue.inOrder()).flat()).toHaveLength(QUEUE_SHOWN);
});
