/**
 * `orch tasks`: a list of tasks, open ones first, newest first; those that work on nodes below their team's. Of what is over long ago, and gone from
 * Redis, there is what this machine's history remembers.
 */
import { existsSync } from "node:fs";
import type { Redis } from "ioredis";
import type { Env } from "../src/config.ts";
import { dataDirOf, historyFileOf } from "../src/data-dir.ts";
import { type PastRow, pastTasks } from "../src/history/past-tasks.ts";
import { readHistory } from "../src/history/read-history.ts";
import { numberSign } from "../src/task/own-place.ts";
import { duration } from "../src/text/amounts.ts";
import { bare } from "../src/text/quote.ts";
import { keptTasks } from "../src/views/kept-tasks.ts";
import type { TaskView } from "../src/views/task-view.ts";
import {
  fits,
  isOfTheEnd,
  LIST_STATES,
  type TaskFilter,
  tasks as tasksView,
  teamOf,
  underTeams,
} from "../src/views/tasks.ts";
import { endWords, stateWord } from "../src/words/task-words.ts";
import { sinceOf } from "./since.ts";
import { table } from "./table.ts";
import { whereOf } from "./task-line.ts";
import { UsageError } from "./usage-error.ts";
import { viewsOf } from "./views-of.ts";
import { withRedis } from "./with-redis.ts";

/** As they were typed. */
export type TasksOptions = {
  state?: string;
  repo?: string;
  agent?: string;
  since?: string;
  limit?: string;
  all?: boolean;
  json?: boolean;
};

const LIMIT = 50;
const MOST = 10_000;

/** `past`: of which there is no record any more. */
type Listed = { tasks: TaskView[]; past: PastRow[]; more: boolean; now: number };

/** Exit code 0, also when the list is empty. Throws UsageError. */
export async function tasks(env: Env, options: TasksOptions): Promise<number> {
  const filter = filterOf(options);
  const limit = limitOf(options.limit);
  // Whoever asks for an end asks for tasks that are over.
  const over =
    options.all === true || filter.since !== undefined || (filter.state !== undefined && isOfTheEnd(filter.state));
  const listed = await withRedis(env, "tasks", (redis) => look(redis, env, { filter, limit, over }));
  if (options.json) process.stdout.write(`${JSON.stringify(listed)}\n`);
  else print(listed, over);
  return 0;
}

function filterOf({ state, repo, agent, since }: TasksOptions): TaskFilter {
  const known = LIST_STATES.find((each) => each === state);
  if (state !== undefined && !known) throw new UsageError(`--state takes one of: ${LIST_STATES.join(", ")}`);
  if (repo !== undefined && !/^[\w.-]+\/[\w.-]+$/.test(repo)) throw new UsageError("--repo takes owner/name");
  return { state: known, repository: repo, agent, since: since === undefined ? undefined : sinceOf(since, Date.now()) };
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return LIMIT;
  const limit = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MOST) throw new UsageError(`--limit takes a number from 1 to ${MOST}`);
  return limit;
}

type Wanted = { filter: TaskFilter; limit: number; over: boolean };

async function look(redis: Redis, env: Env, { filter, limit, over }: Wanted): Promise<Listed> {
  const { store, views } = viewsOf(redis);
  const around = await views.around();
  const none = { tasks: [], count: 0, partial: false };
  const ended = over ? await keptTasks(redis, store, { fits: (task) => fits(task, filter), limit }) : none;
  const open = around.tasks.filter((task) => fits(task, filter));
  // One that ended between the two looks is in both.
  const isOpen = new Set(open.map(({ spec }) => spec.id));
  const all = [...open, ...ended.tasks.filter(({ spec }) => !isOpen.has(spec.id))];
  const shown = tasksView(all, filter, around.hosts).slice(0, limit);
  const found = over ? remembered(env, filter, limit + 1) : [];
  const records = await store.readMany(found.map(({ task }) => task));
  const known = new Set(records.map(({ spec }) => spec.id));
  const past = found.filter(({ task }) => !known.has(task));
  const left = limit - shown.length;
  const more = open.length + ended.count > limit || ended.partial || past.length > left;
  return { tasks: underTeams(shown), past: past.slice(0, left), more, now: around.now };
}

/** What was over by this way, or by any. */
function remembered(env: Env, { state, repository, agent, since }: TaskFilter, limit: number): PastRow[] {
  const path = historyFileOf(dataDirOf(env));
  if (!existsSync(path) || (state !== undefined && !isOfTheEnd(state))) return [];
  const outcome = state === "settled" ? undefined : state;
  return readHistory(path, (db) => pastTasks(db, { repository, agent, since, outcome, limit }));
}

const HEADING = ["TASK", "WHERE", "STATE", "AGENT", "FOR", "REQUEST"];

function print({ tasks: listed, past, more, now }: Listed, over: boolean): void {
  const width = process.stdout.isTTY ? process.stdout.columns || 80 : undefined;
  const time = (at: number) => (width === undefined ? new Date(at).toISOString() : duration(now - at));
  const ids = new Set(listed.map(({ id }) => id));
  const below = (task: TaskView) => (width !== undefined && ids.has(teamOf(task) ?? "") ? "  " : "");
  const rows = listed.map((task) => [
    `${below(task)}${task.id}`,
    `${whereOf(task)}${task.origin.kind === "node" ? ` ${task.origin.node}` : ""}`,
    stateWord(task),
    task.agent ?? "",
    time(task.since),
    task.request,
  ]);
  const old = past.map(({ task, repository, number, outcome, agent, settledAt }) => [
    ...[task, `${bare(repository, 140)}${numberSign(number)}`, endOf(outcome), bare(agent, 80), time(settledAt), ""],
  ]);
  const all = [...rows, ...old];
  if (all.length > 0) process.stdout.write(`${table(HEADING, all, width).join("\n")}\n`);
  else process.stderr.write(`No task fits.${over ? "" : " Those that are over: orch tasks --all"}\n`);
  if (more)
    process.stderr.write(
      `There are more: --limit takes up to ${MOST}; --state, --repo, --agent and --since narrow the list.\n`,
    );
}

/** A newer Orch may have written it. */
const endOf = (outcome: string): string => (endWords as Record<string, string>)[outcome] ?? bare(outcome, 40);
