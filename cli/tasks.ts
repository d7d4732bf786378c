/** `orch tasks`: a list of tasks, open ones first, newest first. */
import type { Redis } from "ioredis";
import type { Env } from "../src/config.ts";
import { duration } from "../src/text/amounts.ts";
import { keptTasks } from "../src/views/kept-tasks.ts";
import type { TaskView } from "../src/views/task-view.ts";
import { fits, isOfTheEnd, LIST_STATES, type TaskFilter, tasks as tasksView } from "../src/views/tasks.ts";
import { stateWord } from "../src/words/task-words.ts";
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
  limit?: string;
  all?: boolean;
  json?: boolean;
};

const LIMIT = 50;
const MOST = 10_000;

type Listed = { tasks: TaskView[]; more: boolean; now: number };

/** Exit code 0, also when the list is empty. Throws UsageError. */
export async function tasks(env: Env, options: TasksOptions): Promise<number> {
  const filter = filterOf(options);
  const limit = limitOf(options.limit);
  // Whoever asks for an end asks for tasks that are over.
  const over = options.all === true || (filter.state !== undefined && isOfTheEnd(filter.state));
  const listed = await withRedis(env, "tasks", (redis) => look(redis, { filter, limit, over }));
  if (options.json) process.stdout.write(`${JSON.stringify(listed)}\n`);
  else print(listed, over);
  return 0;
}

function filterOf({ state, repo, agent }: TasksOptions): TaskFilter {
  const known = LIST_STATES.find((each) => each === state);
  if (state !== undefined && !known) throw new UsageError(`--state takes one of: ${LIST_STATES.join(", ")}`);
  if (repo !== undefined && !/^[\w.-]+\/[\w.-]+$/.test(repo)) throw new UsageError("--repo takes owner/name");
  return { state: known, repository: repo, agent };
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return LIMIT;
  const limit = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MOST) throw new UsageError(`--limit takes a number from 1 to ${MOST}`);
  return limit;
}

type Wanted = { filter: TaskFilter; limit: number; over: boolean };

async function look(redis: Redis, { filter, limit, over }: Wanted): Promise<Listed> {
  const { store, views } = viewsOf(redis);
  const around = await views.around();
  const none = { tasks: [], count: 0, partial: false };
  const ended = over ? await keptTasks(redis, store, { fits: (task) => fits(task, filter), limit }) : none;
  const open = around.tasks.filter((task) => fits(task, filter));
  // One that ended between the two looks is in both.
  const isOpen = new Set(open.map(({ spec }) => spec.id));
  const all = [...open, ...ended.tasks.filter(({ spec }) => !isOpen.has(spec.id))];
  const more = open.length + ended.count > limit || ended.partial;
  return { tasks: tasksView(all, filter, around.hosts).slice(0, limit), more, now: around.now };
}

const HEADING = ["TASK", "WHERE", "STATE", "AGENT", "FOR", "REQUEST"];

function print({ tasks: listed, more, now }: Listed, over: boolean): void {
  const width = process.stdout.isTTY ? process.stdout.columns || 80 : undefined;
  const time = (task: TaskView) =>
    width === undefined ? new Date(task.since).toISOString() : duration(now - task.since);
  const rows = listed.map((task) => [
    task.id,
    whereOf(task),
    stateWord(task),
    task.agent ?? "",
    time(task),
    task.request,
  ]);
  if (rows.length > 0) process.stdout.write(`${table(HEADING, rows, width).join("\n")}\n`);
  else process.stderr.write(`No task fits.${over ? "" : " Those that are over: orch tasks --all"}\n`);
  if (more)
    process.stderr.write(`There are more: --limit takes up to ${MOST}, --state, --repo and --agent narrow the list.\n`);
}
