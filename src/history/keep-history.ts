/**
 * Keeps a history up to date with the news of tasks that are over. The file says itself how far it goes, so any number of bots write the
 * same one, or each its own: all come to the same. One that is new, or further behind than the news reach, is made from the records.
 */
import type { Redis } from "ioredis";
import type { Logger } from "../log.ts";
import {
  BEGINNING,
  type HistoryEntry,
  historyEnds,
  isEarlier,
  readCi,
  readClosed,
  readHistoryNews,
} from "../task/history-news.ts";
import { readKeptOutput } from "../task/kept-output.ts";
import type { TaskStore } from "../task/store.ts";
import { untilMultipleOf } from "../until-multiple.ts";
import { keptIds } from "../views/kept-tasks.ts";
import type { History } from "./history.ts";
import type { PastOutput } from "./history-file.ts";
import { type PastTask, pastOf } from "./past.ts";

type Deps = { redis: Redis; store: TaskStore; history: History; now: () => number; log: Logger };

const LOOK_EVERY_MS = 5_000;
/** After a look that failed, ms. */
const FAILED_LOOK_MS = 30_000;
const TRIM_EVERY_MS = 24 * 3600_000;
/** News, or records, that are written in one go. */
const BATCH = 200;

export type KeptHistory = {
  /** Resolves when all news of before were written. */
  stop(): Promise<void>;
};

/** A history that cannot be kept harms no task: it is said in the log, and tried again. */
export function keepHistory(deps: Deps): KeptHistory {
  const { history, now, log } = deps;
  let trimmedAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let looking = Promise.resolve();
  let place: string | undefined;
  let stopped = false;
  let told: string | undefined;

  async function look(): Promise<void> {
    const before = place;
    place = await catchUp(deps, before);
    // Without news nobody opens the file.
    if (before === undefined || place === before || now() - trimmedAt < TRIM_EVERY_MS) return;
    await history.trim(now());
    trimmedAt = now();
  }

  function plan(inMs: number): void {
    if (stopped) return;
    timer = setTimeout(() => {
      looking = look().then(
        () => {
          told = undefined;
          plan(untilMultipleOf(LOOK_EVERY_MS));
        },
        (error: unknown) => {
          place = undefined;
          tell(error);
          plan(FAILED_LOOK_MS);
        },
      );
    }, inMs).unref();
  }

  /** What lasts, as a folder that cannot be written, is said once. */
  function tell(error: unknown): void {
    const said = error instanceof Error ? error.message : String(error);
    if (said !== told) log.warn({ err: error }, "the history was not written: tried again later");
    told = said;
  }

  plan(0);
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await looking;
      await history.close();
    },
  };
}

/**
 * Writes all news that there are. `known`: up to where it goes, by an earlier call; the file is only asked where that is not known. Gives
 * up to where it goes now.
 */
export async function catchUp(deps: Deps, known?: string): Promise<string> {
  const { redis, history } = deps;
  let place = known ?? (await placeOrRebuild(deps));
  for (;;) {
    const entries = await readHistoryNews(redis, place, BATCH);
    const last = entries.at(-1)?.id;
    if (last === undefined) return place;
    const writing = { ...(await read(deps, entries)), place: { from: place, to: last } };
    place = (await history.write(writing)) ? last : await placeOrRebuild(deps);
  }
}

/** Where nothing has happened yet there is nothing to write: an idle bot pays neither for a file nor for a thread. */
async function placeOrRebuild(deps: Deps): Promise<string> {
  if (deps.history.isNew() && (await hasNothing(deps.redis))) return BEGINNING;
  const [place, ends] = await Promise.all([deps.history.place(), historyEnds(deps.redis)]);
  const reaches = place !== undefined && (ends === undefined || !isEarlier(place, ends.first) || place === BEGINNING);
  return reaches ? place : await rebuild(deps, ends?.last ?? BEGINNING);
}

async function hasNothing(redis: Redis): Promise<boolean> {
  if (await historyEnds(redis)) return false;
  for await (const ids of keptIds(redis, "t")) if (ids.length > 0) return false;
  return true;
}

/** Whoever dies in between begins anew. What is settled meanwhile is news after `upTo`. */
async function rebuild(deps: Deps, upTo: string): Promise<string> {
  for await (const ids of keptIds(deps.redis, "t")) {
    for (let from = 0; from < ids.length; from += BATCH) {
      await deps.history.write(await readPast(deps, ids.slice(from, from + BATCH)));
    }
  }
  await deps.history.rebuilt(upTo);
  return upTo;
}

async function read(deps: Deps, entries: readonly HistoryEntry[]) {
  const news = entries.flatMap((entry) => entry.news ?? []);
  const forgotten = news.flatMap(({ what, of }) => {
    const [repositoryId = 0, number = 0] = of.split("/").map(Number);
    return what === "forgotten" ? [{ repositoryId, number }] : [];
  });
  const ids = new Set(news.flatMap(({ what, of }) => (what === "forgotten" || what === "recovered" ? [] : [of])));
  return { ...(await readPast(deps, [...ids])), forgotten };
}

type Past = { tasks: PastTask[]; outputs: PastOutput[] };

/** As the records are now. One that is gone, or not over any more, is left out. */
async function readPast({ redis, store }: Pick<Deps, "redis" | "store">, ids: readonly string[]): Promise<Past> {
  const all = ids.map(async (id) => {
    const reading = [store.read(id), store.events(id), readClosed(redis, id), readCi(redis, id)] as const;
    const [task, events, closed, ci] = await Promise.all(reading);
    return (task && pastOf(task, events, { closed, ci })) ?? [];
  });
  const tasks = (await Promise.all(all)).flat();
  return { tasks, outputs: await readOutputs(redis, tasks) };
}

/** Of all runs of these tasks, as far as they are there still. */
async function readOutputs(redis: Redis, tasks: readonly PastTask[]): Promise<PastOutput[]> {
  const all = tasks.flatMap(({ task, runs }) =>
    runs.map(async ({ epoch }) => {
      const packed = await readKeptOutput(redis, { task, epoch });
      return packed ? [{ task, epoch, packed }] : [];
    }),
  );
  return (await Promise.all(all)).flat();
}
