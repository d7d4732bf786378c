/**
 * Tells a collector of each task that is over, once: of any number of bots one does it at a time, and how far it came stands in Redis.
 */
import type { Redis } from "ioredis";
import type { Logger } from "../log.ts";
import { BEGINNING, historyEnds, readHistoryNews } from "../task/history-news.ts";
import { keys } from "../task/keys.ts";
import { MAX_RUN_EVENTS, type RunEvent, readRunEvents } from "../task/run-events.ts";
import type { TaskStore } from "../task/store.ts";
import type { Task } from "../task/task.ts";
import { type Collector, exportSpans } from "./export.ts";
import { spansOf } from "./spans.ts";

export type TraceDeps = { redis: Redis; store: TaskStore; collector: Collector; version: string; log: Logger };

const PAGE = 50;

/** One round. `keepOn`: awaited before each request; throws when another bot has taken over. */
export async function tellTraces(deps: TraceDeps, keepOn: () => Promise<void>): Promise<void> {
  const { redis, store, collector, version, log } = deps;
  let place = (await redis.get(keys.traced)) ?? (await startAtTheEnd(redis));
  for (;;) {
    const entries = await readHistoryNews(redis, place, PAGE);
    const last = entries.at(-1)?.id;
    if (last === undefined) return;
    const ids = entries.flatMap(({ news }) => (news?.what === "settled" ? [news.of] : []));
    const tasks = await store.readMany(ids);
    const spans = await Promise.all(
      tasks.map(async (task) => spansOf(task, await store.events(task.spec.id), await saidIn(redis, task))),
    );
    await keepOn();
    if (tasks.length > 0)
      await exportSpans(collector, spans.flat(), version).catch((error: unknown) =>
        log.warn({ err: error, tasks: ids.length }, "the collector of traces took nothing: these tasks have none"),
      );
    place = last;
    await redis.set(keys.traced, place);
  }
}

/** What the programs of each run said and did, as far as that is kept. */
async function saidIn(redis: Redis, { spec, runs }: Task): Promise<Map<number, RunEvent[]>> {
  const said = runs.map(async ({ number }): Promise<[number, RunEvent[]]> => {
    return [number, (await readRunEvents(redis, spec.id, number, { limit: MAX_RUN_EVENTS })).events];
  });
  return new Map(await Promise.all(said));
}

/** Of what was over before anybody asked nothing is told. */
async function startAtTheEnd(redis: Redis): Promise<string> {
  const end = (await historyEnds(redis))?.last ?? BEGINNING;
  await redis.set(keys.traced, end);
  return end;
}
