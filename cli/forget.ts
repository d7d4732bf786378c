/**
 * `orch forget owner/repo#number`: takes out of Redis and out of the history what is kept of the tasks of an issue, or of a pull request.
 * What stands on GitHub, and what worker hosts keep of unfinished work until its time is over, is not touched.
 */
import type { Redis } from "ioredis";
import type { Env } from "../src/config.ts";
import { dataDirOf, historyFileOf } from "../src/data-dir.ts";
import { openHistory, removeAside } from "../src/history/history-file.ts";
import { readHistory } from "../src/history/read-history.ts";
import { forgetTasks } from "../src/task/forget.ts";
import { tellForgotten } from "../src/task/history-news.ts";
import { keys } from "../src/task/keys.ts";
import type { Task } from "../src/task/task.ts";
import { withNodeTasks } from "../src/task/team-tasks.ts";
import { count } from "../src/text/amounts.ts";
import { consent } from "./consent.ts";
import { findTasks } from "./find-task.ts";
import { isThere } from "./is-there.ts";
import { noteDeed } from "./note-deed.ts";
import { UsageError } from "./usage-error.ts";
import { viewsOf } from "./views-of.ts";
import { withRedis } from "./with-redis.ts";

export type ForgetOptions = { yes?: boolean; json?: boolean };

type Issue = { repository: string; number: number };
/** Of one repository, by its id. */
type Found = { tasks: Task[]; repositoryIds: Set<number>; numbers: Set<number> };

/** Exit code 0 when something was forgotten; 1 when there was nothing, a task is not over, or it was declined. Throws UsageError. */
export async function forget(env: Env, text: string, options: ForgetOptions): Promise<number> {
  const [, repository, number] = /^([\w.-]+\/[\w.-]+)#(\d{1,10})$/.exec(text) ?? [];
  if (repository === undefined) throw new UsageError("name an issue or a pull request, as owner/repo#number");
  const path = historyFileOf(dataDirOf(env));
  return await withRedis(env, "forget", async (redis) => {
    const found = await find(redis, path, { repository, number: Number(number) });
    const open = await notOver(redis, found.tasks);
    if (open.length > 0)
      return say([`Not over, or not told on GitHub yet: ${open.join(", ")}. \`orch cancel\` ends a task.`], options, 1);
    if (found.repositoryIds.size === 0) return say([`Nothing is kept of ${text}.`], options, 1);
    if (!(await consent(`Forget ${text}, ${count(found.tasks.length, "task")}? It cannot be undone.`, options)))
      return 1;
    await forgetTasks(redis, found.tasks);
    await forgetInHistory(redis, path, found);
    await noteDeed(redis, env, { verb: "forget", done: true, place: text });
    return say([`Forgotten: ${text}, ${count(found.tasks.length, "task")}.`], options, 0);
  });
}

async function find(redis: Redis, path: string, { repository, number }: Issue): Promise<Found> {
  const { store } = viewsOf(redis);
  const named = await findTasks(redis, `${repository}#${number}`);
  const repositoryIds = new Set([
    ...named.map(({ spec }) => spec.repository.id),
    ...idsInHistory(path, { repository, number }),
  ]);
  const ids = await Promise.all(
    [...repositoryIds].map((id) => store.idsOfConversation(id, { conversation: number, number })),
  );
  const tasks = await withNodeTasks(store, await store.readMany(ids.flat()));
  return { tasks, repositoryIds, numbers: new Set([number, ...tasks.map(({ spec }) => spec.number)]) };
}

async function notOver(redis: Redis, tasks: readonly Task[]): Promise<string[]> {
  const untold = await Promise.all(tasks.map(({ spec }) => redis.zscore(keys.unreported, spec.id)));
  return tasks.filter(({ state }, nth) => state.name !== "settled" || untold[nth] !== null).map(({ spec }) => spec.id);
}

function idsInHistory(path: string, { repository, number }: Issue): number[] {
  if (!isThere(path)) return [];
  const sql = "SELECT DISTINCT repository_id FROM tasks WHERE repository = ? COLLATE NOCASE AND number = ?";
  const rows = readHistory(path, (db) => db.prepare(sql).all(repository, number));
  return rows.map((row) => Number(row.repository_id));
}

/** Here at once; bots elsewhere read it in the news. */
async function forgetInHistory(redis: Redis, path: string, { repositoryIds, numbers }: Found): Promise<void> {
  const forgotten = [...repositoryIds].flatMap((repositoryId) =>
    [...numbers].map((number) => ({ repositoryId, number })),
  );
  for (const { repositoryId, number } of forgotten) await tellForgotten(redis, repositoryId, number);
  if (!isThere(path)) return;
  const file = openHistory(path);
  file.write({ tasks: [], forgotten });
  file.close();
  removeAside(path);
}

function say(lines: readonly string[], { json }: ForgetOptions, code: number): number {
  const text = lines.join("\n");
  if (json) process.stdout.write(`${JSON.stringify(code === 0 ? { forgotten: text } : { error: text })}\n`);
  else (code === 0 ? process.stdout : process.stderr).write(`${text}\n`);
  return code;
}
