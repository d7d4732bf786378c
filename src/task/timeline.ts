/**
 * What happened to a task, oldest first: an entry for each piece of news but mere progress. The record says how things stand,
 * this says how they came to it. Texts in it are short, and it is bounded (`store-scripts.ts`).
 */
import type { Redis } from "ioredis";
import { z } from "zod";
import { shorten } from "../text/bound.ts";
import { keys } from "./keys.ts";
import { readRecord, warnOfUnreadable } from "./record.ts";
import type { TaskNews } from "./task-news.ts";

const shape = z.object({ at: z.number(), what: z.string(), detail: z.record(z.string(), z.unknown()) });

/** `at`: Unix ms. */
export type TaskEvent = z.output<typeof shape>;

/** Of a text, in characters: long ones stand in the record. */
const MAX_DETAIL = 200;

export function eventText(at: number, what: string, detail: Record<string, unknown>): string {
  const short = (_key: string, value: unknown) => (typeof value === "string" ? shorten(value, MAX_DETAIL) : value);
  return JSON.stringify({ at, what, detail } satisfies TaskEvent, short);
}

const UNTOLD: ReadonlySet<TaskNews["name"]> = new Set(["progress", "not_kept", "left", "moved"]);

/** Empty for what changes nothing of how the task stands: mere progress, which is told of elsewhere (`run-events.ts`), and the like. */
export function eventOf(news: TaskNews): string {
  return UNTOLD.has(news.name) ? "" : eventText(news.at, news.name, detailOf(news));
}

function detailOf(news: TaskNews): Record<string, unknown> {
  const { name: _name, at: _at, ...detail } = news;
  if (news.name === "parked" && news.proposal) return { ...detail, proposal: news.proposal.name };
  if (news.name !== "phase" || !news.progress) return detail;
  const { network: _network, ...progress } = news.progress; // the record has it, and it comes with every phase
  return { ...detail, progress };
}

/** Entries that cannot be read are left out. */
export async function readTimeline(redis: Redis, id: string): Promise<TaskEvent[]> {
  const [old, entries] = await Promise.all([
    redis.xrange(keys.oldTimeline(id), "-", "+"),
    redis.lrange(keys.timeline(id), 0, -1),
  ]);
  const read = (text: string) =>
    readRecord<TaskEvent>(keys.timeline(id), shape, () => JSON.parse(text), warnOfUnreadable);
  return [...old.map(([, fields]) => fields[1] ?? "{}"), ...entries].flatMap((text) => read(text) ?? []);
}
