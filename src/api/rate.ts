/** How often a program may ask, whichever bot it comes to: counted in Redis, by the minute. */
import type { Redis } from "ioredis";
import { keys } from "../task/keys.ts";
import { Problem } from "./problem.ts";

/** A minute's. A task is a comment, a pull request and an agent: a loop that went wild must not ask for hundreds. */
export const MOST = { call: 300, task: 30 } as const;

const MINUTE_MS = 60_000;

/** Throws Problem when it was too often. */
export async function countOne(redis: Redis, client: string, what: keyof typeof MOST, now: number): Promise<void> {
  const minute = Math.floor(now / MINUTE_MS);
  const key = keys.callerRate(`${client}:${what}`, minute);
  const [[, count] = []] = (await redis.multi().incr(key).expire(key, 120).exec()) ?? [];
  if (Number(count) <= MOST[what]) return;
  const retryAfterS = Math.ceil(((minute + 1) * MINUTE_MS - now) / 1_000);
  const kind = what === "task" ? "new tasks" : "calls";
  throw new Problem("too_many", `More than ${MOST[what]} ${kind} within a minute: go on in ${retryAfterS} s.`, {
    retryAfterS,
  });
}
