/** What `orch top` shows, read anew at each look; what is over, which takes long to find, now and then. Times are Unix ms. */
import { existsSync } from "node:fs";
import type { Redis } from "ioredis";
import type { Env } from "../../src/config.ts";
import { dataDirOf, historyFileOf } from "../../src/data-dir.ts";
import { readHistory } from "../../src/history/read-history.ts";
import type { Task } from "../../src/task/task.ts";
import type { Around } from "../../src/views/around.ts";
import { keptTasks } from "../../src/views/kept-tasks.ts";
import { isRecent } from "../../src/views/needs-me.ts";
import { viewsOf } from "../views-of.ts";

/** `merged`: unknown where this machine keeps no history. */
export type Today = { pullRequests: number; merged?: number; costUsd: number; costUnknown: boolean };

export type Overview = {
  around: Required<Omit<Around, "teams">>;
  /** Those that were over within the last days, the newest first. */
  over: Task[];
  today: Today;
};

const DAY_MS = 24 * 3600_000;
const OVER_EVERY_MS = 30_000;
const MOST_OVER = 1_000;

/** Gives what looks. */
export function makeOverview(redis: Redis, env: Env, now = Date.now): () => Promise<Overview> {
  const { store, views } = viewsOf(redis);
  let over: { tasks: Task[]; at: number } = { tasks: [], at: Number.NEGATIVE_INFINITY };
  return async () => {
    const around = await views.around();
    const age = now() - over.at;
    if (age < 0 || age > OVER_EVERY_MS) {
      const fits = (task: Task) => isRecent(task, now());
      over = { tasks: (await keptTasks(redis, store, { fits, limit: MOST_OVER })).tasks.sort(byEnd), at: now() };
    }
    return {
      around: await views.withEnds(around, over.tasks),
      over: over.tasks,
      today: todayOf(over.tasks, around, env),
    };
  };
}

const endOf = ({ state }: Task): number => (state.name === "settled" ? state.at : 0);
const byEnd = (one: Task, other: Task): number => endOf(other) - endOf(one);

/** Since midnight, UTC. */
function todayOf(over: readonly Task[], { tasks, now }: Overview["around"], env: Env): Today {
  const since = Math.floor(now / DAY_MS) * DAY_MS;
  const isPull = ({ state }: Task) => state.name === "settled" && state.outcome.kind === "pull_request";
  const runs = [...over, ...tasks]
    .flatMap((task) => task.runs)
    .filter(({ endedAt, progress }) => (endedAt ?? now) >= since && progress.agent !== undefined);
  const merged = mergedSince(env, since);
  return {
    pullRequests: over.filter((task) => endOf(task) >= since && isPull(task)).length,
    ...(merged !== undefined && { merged }),
    costUsd: runs.reduce((sum, { progress }) => sum + (progress.costUsd ?? 0), 0),
    costUnknown: runs.some(({ progress }) => progress.costUsd === undefined),
  };
}

/** Undefined where no history can be read: `orch stats` says why. */
function mergedSince(env: Env, since: number): number | undefined {
  const path = historyFileOf(dataDirOf(env));
  if (!existsSync(path)) return undefined;
  const sql = "SELECT count(*) AS n FROM tasks WHERE merged = 1 AND closed_at >= ?";
  try {
    return readHistory(path, (db) => Number(db.prepare(sql).get(since)?.n));
  } catch {
    return undefined;
  }
}
