/** What Redis has of a task, and what this program is, by the names of files in a bundle. Bounded: of many runs the latest. */
import { release } from "node:os";
import type { Redis } from "ioredis";
import type { Env } from "../config.ts";
import { SETTINGS } from "../settings/environment.ts";
import { keys } from "../task/keys.ts";
import { MAX_RUN_EVENTS, readRunEvents } from "../task/run-events.ts";
import type { TaskStore } from "../task/store.ts";
import type { Task } from "../task/task.ts";
import { VERSION } from "../task/version.ts";
import type { ViewReader } from "../views/reader.ts";
import type { Gathered } from "./bundle.ts";

type Sources = { redis: Redis; store: Pick<TaskStore, "events" | "plans">; views: Pick<ViewReader, "ofTask"> };

/** The latest of them, of a task that was tried again and again. */
export const MOST_RUNS = 5;

export async function gatherTask({ redis, store, views }: Sources, task: Task): Promise<Gathered> {
  const { id } = task.spec;
  const [{ answer }, timeline, record] = await Promise.all([
    views.ofTask(task),
    store.events(id),
    redis.hget(keys.task(id), "record"),
  ]);
  const plan = task.spec.team ? await store.plans.read(id) : undefined;
  const gathered: Gathered = new Map<string, unknown>([
    ["record.json", parsed(record)],
    ["why.json", answer],
    ["timeline.json", timeline],
    ...(plan ? [["plan.json", plan] as const] : []),
    ["versions.json", versions()],
  ]);
  for (const run of latestRuns(task)) {
    const { events } = await readRunEvents(redis, id, run, { limit: MAX_RUN_EVENTS });
    if (events.length > 0) gathered.set(`run-${run}/events.json`, events);
  }
  return gathered;
}

/** Their numbers, the oldest first. */
export const latestRuns = ({ epoch }: Task): number[] =>
  Array.from({ length: Math.min(epoch, MOST_RUNS) }, (_, back) => epoch - back).reverse();

/** What cannot be read stays as it stands there. */
export function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return text;
  }
}

/** Names, and whether they are set; never what to. */
export const settingsIn = (env: Env): Record<string, "set" | "unset"> =>
  Object.fromEntries(Object.keys(SETTINGS).map((name) => [name, env[name] ? "set" : "unset"]));

const versions = () => ({
  orch: VERSION,
  node: process.version,
  system: `${process.platform} ${process.arch} ${release()}`,
  libraries: process.versions,
});
