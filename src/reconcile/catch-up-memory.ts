/** What all bots know about the catch-up: how far GitHub's log has been dealt with, and what we have asked for. */
import type { Redis } from "ioredis";
import { z } from "zod";
import { keys } from "../task/keys.ts";
import { readRecord, warnOfUnreadable } from "../task/record.ts";
import type { Asked } from "./missed.ts";

/** Times are Unix ms, by GitHub's clock but for `lookedAt`. */
export type CaughtUp = {
  /** Everything before has arrived or is given up. */
  since: number;
  /** By ours. */
  lookedAt: number;
  /** Deliveries that no attempt was seen to bring yet, those just asked for included. */
  waiting: number;
};

const caughtUpShape = z.looseObject({ since: z.number(), lookedAt: z.number(), waiting: z.number() });
const askedShape = z.looseObject({ times: z.number(), at: z.number(), restarts: z.number().optional() });

/** Longer than GitHub's log. */
const KEEP_S = 7 * 24 * 3600;

export async function readCaughtUp(redis: Redis): Promise<CaughtUp | undefined> {
  const text = await redis.get(keys.caughtUp);
  return text === null ? undefined : parse<CaughtUp>(keys.caughtUp, caughtUpShape, text);
}

export async function saveCaughtUp(redis: Redis, caughtUp: CaughtUp): Promise<void> {
  await redis.set(keys.caughtUp, JSON.stringify(caughtUp), "EX", KEEP_S);
}

/** In the order of the GUIDs. */
export async function readAsked(redis: Redis, guids: readonly string[]): Promise<(Asked | undefined)[]> {
  if (guids.length === 0) return [];
  const texts = await redis.mget(guids.map(keys.redelivered));
  return texts.map((text, index) =>
    text === null ? undefined : parse<Asked>(keys.redelivered(guids[index] ?? ""), askedShape, text),
  );
}

/** What cannot be read is as if it had not been noted down: then all of GitHub's log is looked at, and asked for again. */
const parse = <T>(key: string, shape: z.ZodType, text: string) =>
  readRecord<T>(key, shape, () => JSON.parse(text), warnOfUnreadable);

export async function saveAsked(redis: Redis, guid: string, asked: Asked): Promise<void> {
  await redis.set(keys.redelivered(guid), JSON.stringify(asked), "EX", KEEP_S);
}
