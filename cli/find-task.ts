/** Which task a person means: its id, the beginning of it, or `owner/repo#number`. */
import type { Redis } from "ioredis";
import { keys } from "../src/task/keys.ts";
import { makeTaskStore, type TaskStore } from "../src/task/store.ts";
import type { Task } from "../src/task/task.ts";
import { isTaskId } from "../src/task/task-id.ts";

/** Settled tasks are kept for 90 days; a search by the beginning of an id looks at so many keys at once. */
const SCAN_COUNT = 1_000;
const READ_COUNT = 500;

/** All tasks that fit, newest first; of an issue those that are not settled, or all where every one is. */
export async function findTasks(redis: Redis, text: string): Promise<Task[]> {
  const store = makeTaskStore(redis);
  const place = /^([\w.-]+)\/([\w.-]+)#(\d{1,10})$/.exec(text);
  const found = place ? await tasksAt(redis, store, isAt(place)) : await store.readMany(await idsLike(redis, text));
  return found.sort((one, other) => other.spec.acceptedAt - one.spec.acceptedAt);
}

async function tasksAt(redis: Redis, store: TaskStore, fits: (task: Task) => boolean): Promise<Task[]> {
  const open = (await store.readMany(await store.openIds())).filter(fits);
  if (open.length > 0) return open;
  const ids = await idsThatBegin(redis, "t");
  const over: Task[] = [];
  for (let at = 0; at < ids.length; at += READ_COUNT) {
    over.push(...(await store.readMany(ids.slice(at, at + READ_COUNT))).filter(fits));
  }
  return over;
}

async function idsLike(redis: Redis, text: string): Promise<string[]> {
  return /^t[a-z2-7]{0,15}$/.test(text) ? idsThatBegin(redis, text) : [];
}

function isAt([, owner = "", name = "", number = ""]: RegExpExecArray): (task: Task) => boolean {
  return ({ spec }) =>
    spec.number === Number(number) &&
    spec.repository.owner.toLowerCase() === owner.toLowerCase() &&
    spec.repository.name.toLowerCase() === name.toLowerCase();
}

async function idsThatBegin(redis: Redis, beginning: string): Promise<string[]> {
  if (isTaskId(beginning)) return [beginning];
  const found = new Set<string>();
  let cursor = "0";
  do {
    const [next, page] = await redis.scan(cursor, "MATCH", keys.task(`${beginning}*`), "COUNT", SCAN_COUNT);
    for (const key of page) found.add(key.slice(keys.task("").length));
    cursor = next;
  } while (cursor !== "0");
  return [...found].filter(isTaskId);
}
