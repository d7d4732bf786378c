/** What is known of an installation's budget at GitHub: written by bots, read by whoever shows it. Times are Unix ms. */
import type { Redis } from "ioredis";
import { z } from "zod";
import { keys } from "./keys.ts";

export type ContentLimits = { perMinute: number; perHour: number };

/** GitHub documents 80 and 500. A quarter of the first is left to others who write as the App, and to clocks that differ. */
export const BUDGET_LIMITS: ContentLimits = { perMinute: 60, perHour: 450 };

const restSchema = z.object({
  at: z.coerce.number().optional(),
  limit: z.coerce.number().optional(),
  remaining: z.coerce.number().optional(),
  resetAt: z.coerce.number().optional(),
  heldUntil: z.coerce.number().optional(),
});

/** `heldUntil`: GitHub wants to be left alone until then. */
export type Rest = z.output<typeof restSchema>;

/** What cannot be read says nothing: it is only a hint. */
export function parseRest(hash: Record<string, string>): Rest {
  const parsed = restSchema.safeParse(hash);
  return parsed.success ? parsed.data : {};
}

/** One installation's budget. `minute`, `hour`: texts created or edited within the last one. */
export type InstallationBudget = { installationId: number; rest: Rest; minute: number; hour: number };

const MOST = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Of the installations that were spoken with in the last hour. */
export async function readBudgets(redis: Redis, now: number): Promise<InstallationBudget[]> {
  const ids = (await redis.smembers(keys.budgets)).slice(0, MOST).map(Number);
  const budgets = await Promise.all(
    ids.map(async (installationId) => {
      const key = keys.content(installationId);
      const [hash, minute, hour] = await Promise.all([
        redis.hgetall(keys.budget(installationId)),
        redis.zcount(key, now - MINUTE_MS, "+inf"),
        redis.zcount(key, now - HOUR_MS, "+inf"),
      ]);
      return { installationId, rest: parseRest(hash), minute, hour };
    }),
  );
  const isKnown = ({ rest, hour }: InstallationBudget) => rest.at !== undefined || hour > 0;
  return budgets.filter(isKnown).toSorted((one, other) => one.installationId - other.installationId);
}

/** When text may be created for the installation again, Unix ms; undefined where it may be now. */
export async function textHeldUntil(redis: Redis, installationId: number, now: number): Promise<number | undefined> {
  const key = keys.content(installationId);
  const { perMinute, perHour } = BUDGET_LIMITS;
  const [hash, ofMinute, ofHour] = await Promise.all([
    redis.hgetall(keys.budget(installationId)),
    redis.zrevrange(key, perMinute - 1, perMinute - 1, "WITHSCORES"),
    redis.zrevrange(key, perHour - 1, perHour - 1, "WITHSCORES"),
  ]);
  const { heldUntil = 0 } = parseRest(hash);
  const until = Math.max(heldUntil, Number(ofMinute[1] ?? 0) + MINUTE_MS, Number(ofHour[1] ?? 0) + HOUR_MS);
  return until > now ? until : undefined;
}
