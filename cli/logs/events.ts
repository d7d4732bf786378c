/** The run events of a task, as far as they are kept: a day, the last 300 of each run. */
import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import { MAX_RUN_EVENTS, type RunEvent, readRunEvents } from "../../src/task/run-events.ts";
import { bare } from "../../src/text/quote.ts";
import { logLines } from "../../src/views/log-lines.ts";
import { viewsOf } from "../views-of.ts";

const LOOK_MS = 500;

type Options = { json?: boolean };

/** How many there were. */
export async function showEvents(redis: Redis, id: string, run: number, options: Options): Promise<number> {
  const { events } = await readRunEvents(redis, id, run, { limit: MAX_RUN_EVENTS });
  print(run, events, options);
  return events.length;
}

type Following = { run: number | undefined; options: Options };

/** Until the task is over. One that gets another run is followed into it, unless one run was asked for. */
export async function followEvents(redis: Redis, id: string, { run: only, options }: Following): Promise<number> {
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
function print(run: number, events: readonly RunEvent[], { json }: Options): void {
  for (const event of events) {
    const lines = json ? [JSON.stringify({ run, ...event })] : logLines(event).map((line) => bare(line, 1_000));
    for (const line of lines) process.stdout.write(`${line}\n`);
  }
}
