/** Which task a person means: its id, the beginning of it, `owner/repo#number`, or a node of a team as `PLAN/NODE`. */
import type { Redis } from "ioredis";
import { makeTaskStore, type TaskStore } from "../src/task/store.ts";
import type { Task } from "../src/task/task.ts";
import { isTaskId } from "../src/task/task-id.ts";
import { bare } from "../src/text/quote.ts";
import { keptIds, keptTasks } from "../src/views/kept-tasks.ts";

/** So many tasks are found that fit: far more than anybody means. */
const MOST = 1_000;
const LISTED = 20;

/** All tasks that fit, newest first; of an issue those that are not settled, or all where every one is; of a node its latest try. */
export async function findTasks(redis: Redis, text: string): Promise<Task[]> {
  const store = makeTaskStore(redis);
  const node = /^(t[a-z2-7]{0,15})\/([\w.-]{1,60})$/.exec(text);
  if (node) return await triesOf(redis, store, node);
  const place = /^([\w.-]+)\/([\w.-]+)#(\d{1,10})$/.exec(text);
  const found = place ? await tasksAt(redis, store, isAt(place)) : await store.readMany(await idsLike(redis, text));
  return found.sort((one, other) => other.spec.acceptedAt - one.spec.acceptedAt);
}

/** `PLAN`: the id of the team's task, or its beginning. */
async function triesOf(redis: Redis, store: TaskStore, [, plan = "", node]: RegExpExecArray): Promise<Task[]> {
  const teams = (await store.readMany(await idsLike(redis, plan))).filter(({ spec }) => spec.team);
  const latest = teams.map(async ({ spec }) => {
    const tries = await store.readMany(await store.idsOfNodes(spec.id));
    return tries.findLast((each) => each.spec.node?.id === node);
  });
  return (await Promise.all(latest)).filter((task) => task !== undefined);
}

async function tasksAt(redis: Redis, store: TaskStore, fits: (task: Task) => boolean): Promise<Task[]> {
  const open = (await store.readMany(await store.openIds())).filter(fits);
  return open.length > 0 ? open : (await keptTasks(redis, store, { fits, limit: MOST })).tasks;
}

/** Ids that begin so; the whole id where the text is one, whether it is known or not. */
export async function idsLike(redis: Redis, text: string): Promise<string[]> {
  if (isTaskId(text)) return [text];
  if (!/^t[a-z2-7]{0,15}$/.test(text)) return [];
  const found: string[] = [];
  for await (const ids of keptIds(redis, text)) {
    found.push(...ids);
    if (found.length >= MOST) break;
  }
  return found.slice(0, MOST);
}

/** For a text that fits several: those to name, one of which is meant. */
export function askBack(text: string, tasks: readonly Task[], line: (task: Task) => string): string[] {
  const count = tasks.length > LISTED ? `more than ${LISTED}` : String(tasks.length);
  return [`"${bare(text, 100)}" fits ${count} tasks; name one of them:`, ...tasks.slice(0, LISTED).map(line)];
}

function isAt([, owner = "", name = "", number = ""]: RegExpExecArray): (task: Task) => boolean {
  // Nodes of a team are meant by their ids.
  return ({ spec }) =>
    !spec.node &&
    spec.number === Number(number) &&
    spec.repository.owner.toLowerCase() === owner.toLowerCase() &&
    spec.repository.name.toLowerCase() === name.toLowerCase();
}
