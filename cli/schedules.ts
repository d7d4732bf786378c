/** `orch schedules`: what repositories ask for by themselves, when it comes next, and why it did not. */
import type { Redis } from "ioredis";
import type { Env } from "../src/config.ts";
import { makeScheduleStore } from "../src/task/schedules.ts";
import { makeTaskStore } from "../src/task/store.ts";
import { duration } from "../src/text/amounts.ts";
import { inTerminal } from "../src/text/quote.ts";
import { readSchedules, type SchedulesView, type ScheduleView } from "../src/views/schedules.ts";
import { skipWords } from "../src/words/schedule-words.ts";
import { stateWord } from "../src/words/task-words.ts";
import { table } from "./table.ts";
import { withRedis } from "./with-redis.ts";

type Listed = SchedulesView & { now: number };

/** Exit code 0, also when there are none. */
export async function schedules(env: Env, json: boolean): Promise<number> {
  const listed = await withRedis(env, "schedules", async (redis) => ({ ...(await look(redis)), now: Date.now() }));
  if (json) process.stdout.write(`${JSON.stringify(listed)}\n`);
  else print(listed);
  return 0;
}

export const look = (redis: Redis): Promise<SchedulesView> =>
  readSchedules(makeScheduleStore(redis), makeTaskStore(redis));

/** One line of `orch status`; undefined where there is nothing to say. */
export function summary({ schedules: all, unusable, now }: Listed): string | undefined {
  if (all.length + unusable.length === 0) return undefined;
  const next = all.flatMap(({ nextAt }) => (nextAt === undefined ? [] : [`the next in ${duration(nextAt - now)}`]));
  const skipped = all.filter((each) => each.skipped).length;
  const notes = [
    ...next.slice(0, 1),
    ...(skipped > 0 ? [`${skipped} skipped last time`] : []),
    ...(unusable.length > 0 ? [`files that cannot be used: ${unusable.length}`] : []),
  ];
  return `Schedules (${all.length}): ${[...notes, "`orch schedules` says more"].join(", ")}`;
}

const HEADING = ["SCHEDULE", "WHERE", "NEXT", "TIMES", "LAST TASK", "REQUEST"];

function print({ schedules: all, unusable, now }: Listed): void {
  const width = process.stdout.isTTY ? process.stdout.columns || 80 : undefined;
  const rows = all.map((each) => rowOf(each, width === undefined ? undefined : now));
  if (rows.length > 0) process.stdout.write(`${table(HEADING, rows, width).join("\n")}\n`);
  const notes = [
    ...all.flatMap(({ name, repository, skipped }) => {
      if (!skipped) return [];
      const when = `${duration(now - skipped.dueAt)} ago`;
      return [`${name} in ${repository} asked for nothing ${when}, because ${skipWords(skipped.reason, inTerminal)}.`];
    }),
    ...unusable.map(({ repository, problem }) => `${repository}: ${problem}`),
    ...(all.length + unusable.length === 0 ? ["No repository has schedules: see docs/configuration.md."] : []),
  ];
  if (notes.length > 0) process.stderr.write(`${notes.join("\n")}\n`);
}

/** `now`: for a person, who reads how long it is until then. */
function rowOf({ name, repository, number, nextAt, cron, timezone, last, request }: ScheduleView, now?: number) {
  const next = nextAt === undefined ? "" : now === undefined ? new Date(nextAt).toISOString() : duration(nextAt - now);
  const where = number === undefined ? repository : `${repository}#${number}`;
  const task = last ? `${last.id}${last.task ? ` ${stateWord(last.task)}` : ""}` : "";
  return [name, where, next, `${cron} ${timezone}`, task, request];
}
