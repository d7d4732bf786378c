/** What all bots know about the catch-up: how far GitHub's log has been dealt with, and what we have asked for. */
import type { Redis } from "ioredis";
import { keys } from "../task/keys.ts";
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

/** Longer than GitHub's log. */
const KEEP_S = 7 * 24 * 3600;

export async function readCaughtUp(redis: Redis): Promise<CaughtUp | undefined> {
  const text = await redis.get(keys.caughtUp);
  return text === null ? undefined : (JSON.parse(text) as CaughtUp);
}

export async function saveCaughtUp(redis: Redis, caughtUp: CaughtUp): Promise<void> {
  await redis.set(keys.caughtUp, JSON.stringify(caughtUp), "EX", KEEP_S);
}

/** In the order of the GUIDs. */
export async function readAsked(redis: Redis, guids: readonly string[]): Promise<(Asked | undefined)[]> {
  if (guids.length === 0) return [];
  const texts = await redis.mget(guids.map(keys.redelivered));
  return texts.map((text) => (text === null ? undefined : (JSON.parse(text) as Asked)));
}

export async function saveAsked(redis: Redis, guid: string, asked: Asked): Promise<void> {
  await redis.set(keys.redelivered(guid), JSON.stringify(asked), "EX", KEEP_S);
}
