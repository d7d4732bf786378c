/**
 * The metrics of the whole installation, at each scrape: gauges as things stand then, counters by the news since the last one. How far
 * was counted stands in Redis, so a bot that starts goes on where the one before it stopped: its counters begin at nothing, as
 * Prometheus expects it of a process, and nothing is counted twice.
 */
import type { Redis } from "ioredis";
import { readBudgets } from "../task/github-budget.ts";
import { BEGINNING, type HistoryNews, historyEnds, readClosed, readHistoryNews } from "../task/history-news.ts";
import { keys } from "../task/keys.ts";
import { takesNoWrites } from "../task/redis-refusal.ts";
import type { TaskStore } from "../task/store.ts";
import type { Around } from "../views/around.ts";
import { hosts } from "../views/hosts.ts";
import { countsOf, mergeOf } from "./counts.ts";
import { gaugesOf, type Scale, scaleOf } from "./gauges.ts";
import type { Sample } from "./names.ts";
import { loadRegistry, type MetricRegistry } from "./registry.ts";
import { makeSlotTime } from "./slots.ts";

export type MetricsDeps = {
  redis: Redis;
  store: TaskStore;
  around: () => Promise<Around>;
  /** How many look at what programs print; none: nobody can. */
  viewers?: () => number;
  now: () => number;
};
export type Metrics = ReturnType<typeof makeMetrics>;

/** News that one scrape counts at most; the next one goes on from there. */
const MOST = 1_000;
const PAGE = 100;

export function makeMetrics({ redis, store, around, viewers = () => 0, now }: MetricsDeps) {
  const slotTime = makeSlotTime();
  let registry: Promise<MetricRegistry> | undefined;
  let before: Promise<unknown> = Promise.resolve();

  async function count(into: MetricRegistry): Promise<void> {
    let place = await placeToCountFrom(redis);
    for (let counted = 0; counted < MOST; counted += PAGE) {
      const entries = await readHistoryNews(redis, place, PAGE);
      const samples = await Promise.all(entries.map(({ news }) => (news ? samplesOf(news) : [])));
      const last = entries.at(-1);
      if (!last) return;
      place = last.id;
      // Before they are counted: a place that cannot be noted down would have them counted anew at each scrape.
      await redis.set(keys.counted, place);
      into.take(samples.flat());
    }
  }

  async function samplesOf({ what, of }: HistoryNews): Promise<Sample[]> {
    if (what === "recovered") return [{ name: "orch_recoveries_total", labels: { what: of }, value: 1 }];
    if (what !== "settled" && what !== "closed") return [];
    const [task, closed] = await Promise.all([store.read(of), readClosed(redis, of)]);
    if (!task) return [];
    return what === "settled" ? countsOf(task, await store.events(of)) : mergeOf(task, closed);
  }

  async function gauges(): Promise<Sample[]> {
    const [seen, unreported, inbox, github] = await Promise.all([
      around(),
      redis.zcard(keys.unreported),
      redis.zcard(keys.inbox),
      readBudgets(redis, now()),
    ]);
    return [
      ...gaugesOf({ around: seen, unreported, inbox, github, viewers: viewers() }),
      ...slotTime(hosts(seen), now()),
    ];
  }

  async function scrapeNow(): Promise<{ type: string; text: string }> {
    registry ??= loadRegistry();
    const into = await registry;
    const samples = await gauges();
    await count(into).catch(unlessRedisIsFull);
    into.forgetGauges();
    into.take(samples);
    return { type: into.type, text: await into.text() };
  }

  /** One after the other: what is news is counted by one of two that scrape at once. */
  async function scrape(): Promise<{ type: string; text: string }> {
    const mine = before.then(scrapeNow);
    before = mine.catch(() => undefined);
    return await mine;
  }

  return { scrape, scale: async (): Promise<Scale> => scaleOf(await around()) };
}

/** How things stand is worth most then; what is news is counted once there is room again. */
function unlessRedisIsFull(error: unknown): void {
  if (!takesNoWrites(error)) throw error;
}

/** Of what was over before anybody counted nothing is said. */
async function placeToCountFrom(redis: Redis): Promise<string> {
  const known = await redis.get(keys.counted);
  if (known !== null) return known;
  const end = (await historyEnds(redis))?.last ?? BEGINNING;
  await redis.set(keys.counted, end, "NX");
  return (await redis.get(keys.counted)) ?? end;
}
