/** Fair order between repositories, as hosts meet it: jobs are taken from a real queue. */

import { Worker } from "bullmq";
import type { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { makeTaskQueue, QUEUE_NAME, QUEUE_PREFIX, QUEUE_SHOWN, type TaskQueue } from "../../src/task/queue.ts";
import { connectBlockingRedis, connectRedis } from "../../src/task/redis.ts";
import type { Task } from "../../src/task/task.ts";
import { randomFrom } from "../support/random.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

let server: TestRedis;
let redis: Redis;
let worker: Worker;
let queue: TaskQueue;
beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis(server.url, "test");
  const connection = connectBlockingRedis(server.url, "test-worker");
  worker = new Worker(QUEUE_NAME, null, { connection, prefix: QUEUE_PREFIX, autorun: false });
  queue = makeTaskQueue(redis);
});
afterEach(() => redis.flushall());
afterAll(async () => {
  await worker.close(true);
  await queue.close();
  redis.disconnect();
  await server.stop();
});

let count = 0;
const taskOf = (repositoryId: number): Task =>
  ({
    spec: { id: `t${++count}-${repositoryId}`, repository: { id: repositoryId } },
    epoch: 0,
    state: { name: "queued" },
  }) as Task;

async function add(repositoryId: number, many = 1, to = queue): Promise<void> {
  for (let index = 0; index < many; index++) await to.enqueue(taskOf(repositoryId));
}

/** The repository of the next job, as the next free host takes it. */
async function takeNext(): Promise<number | undefined> {
  const job = await worker.getNextJob("host", { block: false });
  await job?.moveToCompleted(undefined, "host", false);
  return job && Number(job.data.taskId.split("-")[1]);
}

async function takeAll(): Promise<number[]> {
  const taken: number[] = [];
  for (let next = await takeNext(); next !== undefined; next = await takeNext()) taken.push(next);
  return taken;
}

test("tasks of one repository are taken in the order in which they came", async () => {
  const tasks = Array.from({ length: 20 }, () => taskOf(1));
  for (const task of tasks) await queue.enqueue(task);
  for (const task of tasks) expect((await worker.getNextJob("host", { block: false }))?.data.taskId).toBe(task.spec.id);
});

test("the first task of a repository does not stand behind another's thousand", async () => {
  await add(1, 1_000);
  await takeNext();
  await add(2);
  expect([await takeNext(), await takeNext()]).toContain(2);
});

test("repositories take turns, however many tasks each has, and who was idle gains no credit", async () => {
  await add(1, 30);
  await add(2, 10);
  await add(3, 20);
  const taken = await takeAll();
  expect(taken.slice(0, 30).filter((each) => each === 1)).toHaveLength(10);
  expect(taken.slice(0, 30).filter((each) => each === 2)).toHaveLength(10);
  expect(taken).toHaveLength(60);
  // Number 4 comes late: it takes turns from now on, and does not catch up on what it never asked for.
  await add(1, 30);
  for (let index = 0; index < 15; index++) await takeNext();
  await add(4, 30);
  const later = await takeAll();
  expect(later.slice(0, 30).filter((each) => each === 4)).toHaveLength(15);
});

test("in random floods each repository gets its share of the turns while it waits", async () => {
  const seed = Date.now() % 1_000_000;
  console.log(`seed ${seed}`);
  const { fraction } = randomFrom(seed);
  const waiting = new Map<number, number>();
  for (let index = 0; index < 200; index++) {
    const repository = 1 + Math.floor(fraction() ** 3 * 8);
    await add(repository);
    waiting.set(repository, (waiting.get(repository) ?? 0) + 1);
  }
  const fewest = Math.min(...waiting.values());
  const taken = await takeAll();
  const turns = taken.slice(0, fewest * waiting.size);
  for (const repository of waiting.keys()) {
    const got = turns.filter((each) => each === repository).length;
    expect([repository, Math.abs(got - fewest) <= 1]).toEqual([repository, true]);
  }
});

test("before tags run out they are moved down, and the order stays", async () => {
  const small = makeTaskQueue(redis, 50);
  await add(1, 40, small);
  for (let index = 0; index < 30; index++) await takeNext();
  await add(1, 25, small); // the 51st tag comes in between
  await add(2, 1, small);
  const priorities = (await worker.getNextJob("host", { block: false }))?.priority ?? 0;
  expect(priorities).toBeLessThan(50);
  const taken = await takeAll();
  expect(taken.indexOf(2)).toBeLessThan(3);
  expect(taken).toHaveLength(35);
  await small.close();
});

test("a job that waits in its turn can be withdrawn, and is known to be there", async () => {
  const task = taskOf(1);
  await queue.enqueue(task);
  expect(await queue.holds(task)).toBe(true);
  expect(await queue.depth()).toEqual({ waiting: 1, active: 0 });
  await queue.withdraw(task);
  expect(await queue.holds(task)).toBe(false);
  expect(await takeNext()).toBeUndefined();
});

test("who stands where in the queue is what hosts will take, one after the other", async () => {
  await add(1, 5);
  await add(2, 3);
  await add(3, 1);
  const order = await queue.inOrder();
  expect(order).toHaveLength(9);
  for (const next of order) {
    const job = await worker.getNextJob("host", { block: false });
    expect(job?.data.taskId).toBe(next);
    await job?.moveToCompleted(undefined, "host", false);
  }
  expect(await queue.inOrder()).toEqual([]);
});

test("of a long queue the beginning is shown", async () => {
  await add(1, QUEUE_SHOWN + 1);
  expect(await queue.inOrder()).toHaveLength(QUEUE_SHOWN);
});
