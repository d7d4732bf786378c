/**
 * The one-time link: whoever can write to this Orch's Redis operates it, and lets a browser in by a token that is good once, for a quarter of an hour.
 * It stands behind the `#` of the address, which no browser sends anywhere, so it is in no log on the way and nothing that only fetches the address
 * uses it up.
 */
import type { Redis } from "ioredis";
import { z } from "zod";
import { keys } from "../../src/task/keys.ts";
import { readRecord, warnOfUnreadable } from "../../src/task/record.ts";
import { hashOf, newToken } from "./sessions.ts";

export const LINK_MS = 15 * 60_000;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;
/** Of the name of whoever made it. */
const MAX_NAME = 60;

const shape = z.looseObject({ by: z.string() });

/** `by`: the name of the machine's user. */
export async function makeLink(redis: Redis, url: string, by: string): Promise<string> {
  const token = newToken();
  const record = JSON.stringify({ by: by.slice(0, MAX_NAME) });
  await redis.set(keys.dashboardLink(hashOf(token)), record, "PX", LINK_MS);
  return `${url}/login#${token}`;
}

/** By whom it was made; undefined when there is none, or it was used. */
export async function useLink(redis: Redis, token: string): Promise<string | undefined> {
  if (!TOKEN.test(token)) return undefined;
  const key = keys.dashboardLink(hashOf(token));
  const text = await redis.getdel(key);
  return text === null
    ? undefined
    : readRecord<z.output<typeof shape>>(key, shape, () => JSON.parse(text), warnOfUnreadable)?.by;
}
