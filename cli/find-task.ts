/** Which task a person means: its id, the beginning of it, or `owner/repo#number`. */
import type { Redis } from "ioredis";
import { keys } from "../src/task/keys.ts";
import { makeTaskStore } from "../src/task/store.ts";
import type { Task } from "../src/task/task.ts";
import { isTaskId } from "../src/task/task-id.ts";

/** Settled tasks are kept for 90 days; a search by the beginning of an id looks at so many keys at once. */
const SCAN_COUNT = 1_000;

/** All tasks that fit, newest first; of an issue only those that are not settled. */
export async function findTasks(redis: Redis, text: string): Promise<Task[]> {
  const store = makeTaskStore(redis);
  const place = /^([\w.-]+)\/([\w.-]+)#(\d{1,10})$/.exec(text);
  const ids = place || !/^t[a-z2-7]{0,15}$/.test(text) ? [] : await idsThatBegin(redis, text);
  const found = place ? (await store.readMany(await store.openIds())).filter(isAt(place)) : await store.readMany(ids);
  return found.sort((one, other) => other.spec.acceptedAt - one.spec.acceptedAt);
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
