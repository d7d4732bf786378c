/**
 * `orch logs TASK`: what the programs of a task print, from whichever host it is on; where that cannot be had, its run events. With `-f` it follows
 * until the task is over.
 */
import { existsSync } from "node:fs";
import type { Redis } from "ioredis";
import { pino } from "pino";
import { outputOf } from "../dashboard/output/output.ts";
import type { Env } from "../src/config.ts";
import { dataDirOf, historyFileOf } from "../src/data-dir.ts";
import { readHosts } from "../src/task/hosts.ts";
import { connectBlockingRedis } from "../src/task/redis.ts";
import type { Task } from "../src/task/task.ts";
import { followEvents, showEvents } from "./logs/events.ts";
import { followAll, showOutput } from "./logs/output.ts";
import { oneTask } from "./one-task.ts";
import { refuse } from "./refuse.ts";
import { UsageError } from "./usage-error.ts";
import { viewsOf } from "./views-of.ts";
import { redisUrlOf, withRedis } from "./with-redis.ts";

/** `json` is about run events. */
export type LogsOptions = { follow?: boolean; run?: string; events?: boolean; json?: boolean };

type Chosen = { env: Env; redis: Redis; task: Task; run: number | undefined; options: LogsOptions };

/** Exit code 0 with something to show, or with `-f` once the task is over; 1 when no task fits, or nothing is kept of it. */
export async function logs(env: Env, text: string, options: LogsOptions): Promise<number> {
  const run = runOf(options.run);
  return await withRedis(env, "logs", async (redis) => {
    const found = await oneTask(redis, text);
    if ("lines" in found) return refuse(found.lines.join("\n"), options);
    const { task } = found;
    const shown = run ?? task.epoch;
    if (shown < 1 || shown > task.epoch) return refuse(noRun(task), options);
    const chosen = { env, redis, task, run, options };
    const isThere = options.events || options.json ? await events(chosen) : await output(chosen);
    return isThere
      ? 0
      : refuse(`Nothing is kept of run ${shown} any more. \`orch why ${task.spec.id}\` has the last lines.`, options);
  });
}

function runOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,6}$/.test(text)) throw new UsageError("--run takes the number of a run");
  return Number(text);
}

const noRun = ({ spec, epoch }: Task): string =>
  epoch === 0 ? `${spec.id} has not begun yet.` : `${spec.id} has the runs 1 to ${epoch}.`;

async function events({ redis, task, run, options }: Chosen): Promise<boolean> {
  const count = options.follow
    ? await followEvents(redis, task.spec.id, { run, options })
    : await showEvents(redis, task.spec.id, run ?? task.epoch, options);
  return count > 0;
}

async function output(chosen: Chosen): Promise<boolean> {
  const { env, redis, task, run, options } = chosen;
  const subscriber = connectBlockingRedis(redisUrlOf(env), "logs-news");
  try {
    const printed = outputOf({ redis, subscriber, ...sources(env, redis) });
    if (options.follow)
      return (await followAll(printed, { task, run }, new AbortController().signal)) || events(chosen);
    const { shown, print } = await showOutput(printed, { task, run });
    print.end();
    if (shown === "shown" && print.hasPrinted()) return true;
    const reason = shown === "silent" ? "its worker host does not answer" : "nothing of it is kept";
    const isThere = await events(chosen);
    if (isThere) print.aside(`What its programs printed cannot be had: ${reason}. These are its run events.`);
    return isThere;
  } finally {
    subscriber.disconnect();
  }
}

function sources(env: Env, redis: Redis) {
  const { store } = viewsOf(redis);
  const path = historyFileOf(dataDirOf(env));
  // What cannot be read is told by what is shown instead.
  const log = pino({ level: "silent" });
  const hosts = () => readHosts(redis, Date.now());
  return { store, hosts, historyFile: existsSync(path) ? path : undefined, now: Date.now, log };
}
