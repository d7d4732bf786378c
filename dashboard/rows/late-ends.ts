/**
 * Which tasks were over lately. There is no list of them, and all records may be many; but each end is told to whoever keeps a history, in a
 * stream that is read here from its end.
 */
import type { Redis } from "ioredis";
import { keys } from "../../src/task/keys.ts";

/** Longer than anybody is told of an end. */
const LATE_MS = 7 * 24 * 3600_000;
const PAGE = 500;
/** Entries that one look reads: `changed` and `closed` come between. */
const MOST_READ = 5_000;

/** Ids of at most so many tasks, the latest end first, each once. */
export async function lateEnds(redis: Redis, now: number, most: number): Promise<string[]> {
  const ids = new Set<string>();
  const since = `${Math.max(0, now - LATE_MS)}-0`;
  let before = "+";
  for (let read = 0; read < MOST_READ; read += PAGE) {
    const page = await redis.xrevrange(keys.history, before, since, "COUNT", PAGE);
    for (const [, fields] of page) {
      const [, what, , of] = fields;
      if (what === "settled" && of !== undefined && ids.size < most) ids.add(of);
    }
    const last = page.at(-1);
    if (!last || page.length < PAGE || ids.size >= most) break;
    before = `(${last[0]}`;
  }
  return [...ids];
}
