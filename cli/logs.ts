/**
 * `orch logs TASK`: what the programs of a task say and do, as far as its run events are kept (a day, the last 300 of each run), from
 * whichever host it is on. With `-f` it follows until the task is over.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { Env } from "../src/config.ts";
import { MAX_RUN_EVENTS, type RunEvent, readRunEvents } from "../src/task/run-events.ts";
import type { Task } from "../src/task/task.ts";
import { bare } from "../src/text/quote.ts";
import { logLines } from "../src/views/log-lines.ts";
import { oneTask } from "./one-task.ts";
import { UsageError } from "./usage-error.ts";
import { viewsOf } from "./views-of.ts";
import { withRedis } from "./with-redis.ts";

export type LogsOptions = { follow?: boolean; run?: string; json?: boolean };

const LOOK_MS = 500;

/** Exit code 0 with something to show, or with `-f` once the task is over; 1 when no task fits, or nothing is kept of it. */
export async function logs(env: Env, text: string, options: LogsOptions): Promise<number> {
  const wanted = runOf(options.run);
  return await withRedis(env, "logs", async (redis) => {
    const found = await oneTask(redis, text);
    if ("lines" in found) return none(found.lines);
    const { task } = found;
    const run = wanted ?? task.epoch;
    if (run < 1 || run > task.epoch) return none([noRun(task)]);
    const shown = options.follow
      ? await follow(redis, task.spec.id, { run: wanted, options })
      : await show(redis, task.spec.id, run, options);
    if (shown === 0)
      return none([
        `Nothing is kept of run ${run}: its events go a day after the last one. \`orch why ${task.spec.id}\` has the last lines.`,
      ]);
    return 0;
  });
}

function runOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,6}$/.test(text)) throw new UsageError("--run takes the number of a run");
  return Number(text);
}

const noRun = ({ spec, epoch }: Task): string =>
  epoch === 0 ? `${spec.id} has not begun yet.` : `${spec.id} has the runs 1 to ${epoch}.`;

function none(lines: readonly string[]): number {
  process.stderr.write(`${lines.join("\n")}\n`);
  return 1;
}

/** How many events there were. */
async function show(redis: Redis, id: string, run: number, options: LogsOptions): Promise<number> {
  const { events } = await readRunEvents(redis, id, run, { limit: MAX_RUN_EVENTS });
  print(run, events, options);
  return events.length;
}

type Following = { run: number | undefined; options: LogsOptions };

/** A task that gets another run is followed into it, unless one run was asked for. */
async function follow(redis: Redis, id: string, { run: only, options }: Following): Promise<number> {
  const { store } = viewsOf(redis);
  let [shown, run, after]: [number, number, string | undefined] = [0, only ?? 0, undefined];
  for (;;) {
    const task = await store.read(id);
    const current = only ?? task?.epoch ?? run;
    const isOver = !task || task.state.name === "settled" || (only !== undefined && task.epoch > only);
    if (current !== run) [run, after] = [current, undefined];
    const page = await readRunEvents(redis, id, run, { after, limit: MAX_RUN_EVENTS });
    print(run, page.events, options);
    shown += page.events.length;
    after = page.next;
    if (isOver && page.events.length === 0) return shown;
    if (!isOver) await delay(LOOK_MS);
  }
}

/** JSON: one event a line. */
function print(run: number, events: readonly RunEvent[], { json }: LogsOptions): void {
  for (const event of events) {
    const lines = json ? [JSON.stringify({ run, ...event })] : logLines(event).map((line) => bare(line, 1_000));
    for (const line of lines) process.stdout.write(`${line}\n`);
  }
}
