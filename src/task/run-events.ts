/**
 * What people may be shown of a run while it works and for a day after: the last few hundred things that its programs said
 * and did, in one capped stream of Redis. Worker hosts write it and are trusted little: whoever reads gets events that were
 * checked, bounded and cleaned anew, and what is none is skipped.
 *
 * An entry's id is the writer's own and the same whenever the entry is sent: Redis takes only ids that grow, so what it has
 * already it does not take again, be it a command that was repeated or a step's output that a restarted host has read again.
 */
import type { Redis } from "ioredis";
import { z } from "zod";
import { shorten } from "../text/bound.ts";
import { visibleText } from "../text/clean.ts";
import { keys } from "./keys.ts";

/** Entries that are kept of a run, exactly. */
export const MAX_RUN_EVENTS = 300;
/** How long the stream outlives the last word in it, seconds: a day. */
const KEPT_S = 24 * 3600;
/** Of one event's text, in characters. */
export const MAX_EVENT_TEXT = 800;
/** Of one event as it is stored. */
const MAX_EVENT_BYTES = 1_000;

const eventShape = z.object({
  /** When the host heard it, Unix ms. */
  at: z.int().nonnegative(),
  /** `setup-1`, `agent-1`, `verify-1`, … */
  step: z.string().regex(/^[a-z]{1,20}-\d{1,4}$/),
  /**
   * blocked: a connection that the network proxy did not let out; log: printed beside what was said; left_out: so many events
   * (`count`) came faster than they are passed on; the others as the agent's program tells them.
   */
  kind: z.enum(["text", "tool", "error", "retry", "final", "session", "usage", "blocked", "log", "left_out"]),
  /** Visible text without credentials. An agent's words: hostile. */
  text: z.string().max(MAX_EVENT_TEXT).transform(visibleText),
  /** Of `tool`: false when the call failed. Of `final`: how it went, says the agent. */
  ok: z.boolean().optional(),
  /** Of `left_out`. */
  count: z.int().positive().optional(),
});
export type RunEvent = z.output<typeof eventShape>;

/** Ids are in the order of their steps, and within a step of `seq`. */
export type EntryId = { step: number; seq: number };
export type Entry = { id: EntryId; event: RunEvent };

/** Whose run it is. */
export type RunName = { task: string; epoch: number };

const NOTHING: EntryId = { step: 0, seq: 0 };

export const isAfter = (one: EntryId, other: EntryId): boolean =>
  one.step > other.step || (one.step === other.step && one.seq > other.seq);

/** The event with no more text than it may have. */
export function boundedEvent(event: RunEvent): RunEvent {
  let text = shorten(event.text, MAX_EVENT_TEXT);
  for (;;) {
    const bounded = { ...event, text };
    const bytes = Buffer.byteLength(JSON.stringify(bounded));
    if (bytes <= MAX_EVENT_BYTES) return bounded;
    text = shorten(text, Math.floor((text.length * MAX_EVENT_BYTES) / bytes) - 1);
  }
}

/** All of them, or an error; then they may be sent again. What the stream has already, or has something later than, it keeps as it is. */
export async function appendRunEvents(
  redis: Redis,
  { task, epoch }: RunName,
  entries: readonly Entry[],
): Promise<void> {
  const key = keys.runEvents(task, epoch);
  const all = redis.multi();
  for (const { id, event } of entries) all.xadd(key, `${id.step}-${id.seq}`, "event", JSON.stringify(event));
  const answers = await all.xtrim(key, "MAXLEN", MAX_RUN_EVENTS).expire(key, KEPT_S).exec();
  const failed = answers?.find(([error]) => error && !/equal or smaller/.test(error.message));
  if (!answers || failed?.[0]) throw failed?.[0] ?? new Error("Redis did not take the events of a run");
}

/** The id of the last entry that a run's stream ever had; all are after the one that an empty stream gives. */
export async function lastEntryId(redis: Redis, { task, epoch }: RunName): Promise<EntryId> {
  const [last] = await redis.xrevrange(keys.runEvents(task, epoch), "+", "-", "COUNT", 1);
  if (!last) return NOTHING;
  const [step, seq] = last[0].split("-").map(Number);
  return { step: step ?? 0, seq: seq ?? 0 };
}

/** `next`: where to go on reading, to be handed in as `after`. */
export type RunEventsPage = { events: RunEvent[]; next: string | undefined };

/**
 * The last `limit` events of a run, oldest first; with `after`, the id that an earlier call gave as `next`, the first ones that came
 * since. To follow a run, call it again.
 */
export async function readRunEvents(
  redis: Redis,
  task: string,
  epoch: number,
  { after, limit }: { after?: string | undefined; limit: number },
): Promise<RunEventsPage> {
  const key = keys.runEvents(task, epoch);
  const entries =
    after === undefined
      ? (await redis.xrevrange(key, "+", "-", "COUNT", limit)).reverse()
      : await redis.xrange(key, `(${after}`, "+", "COUNT", limit);
  return { events: entries.flatMap(([, fields]) => parsed(fields)), next: entries.at(-1)?.[0] ?? after };
}

function parsed([name, text]: string[]): RunEvent[] {
  if (name !== "event" || text === undefined || text.length > MAX_EVENT_BYTES) return [];
  try {
    const result = eventShape.safeParse(JSON.parse(text));
    return result.success ? [result.data] : [];
  } catch {
    return []; // no JSON: another program wrote it
  }
}
