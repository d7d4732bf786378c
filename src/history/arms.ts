/** What is known of agents' work, by the class that it was of: what a choice between agents learns from. Reads the sums of days only. */
import type { DatabaseSync } from "node:sqlite";
import { z } from "zod";

const DAY_MS = 24 * 3600_000;
/** What is older says little of today's agents, days. */
const WINDOW = 90;
/** So long a pull request that is open may still be merged, days. */
const PENDING = 14;
/** Combinations that are told apart, those with most tasks. */
const MOST = 5_000;

const armShape = z.object({
  repositoryId: z.number(),
  kind: z.string(),
  size: z.string(),
  agent: z.string(),
  model: z.string(),
  version: z.string(),
  /** The day of the last task. */
  last: z.string(),
  tasks: z.number(),
  merged: z.number(),
  /** Verified work whose pull request is open, and not for long. */
  pending: z.number(),
  costUsd: z.number(),
  /** Tasks of which it is known what they cost. */
  costed: z.number(),
});
export type ArmCounts = z.output<typeof armShape>;

/** `now`: Unix ms. */
export function readArms(db: DatabaseSync, now: number): ArmCounts[] {
  const dayBefore = (days: number) => new Date(now - days * DAY_MS).toISOString().slice(0, 10);
  const times = { since: dayBefore(WINDOW), pending: dayBefore(PENDING) };
  return z.array(armShape).parse(db.prepare(ARMS).all(times));
}

const ARMS = `
  SELECT repository_id AS repositoryId, kind, size, agent, model, version, max(day) AS last, sum(tasks) AS tasks, sum(merged) AS merged,
    sum(iif(day >= :pending, open, 0)) AS pending, sum(cost_usd) AS costUsd, sum(costed) AS costed
  FROM daily_arms WHERE day >= :since
  GROUP BY repository_id, kind, size, agent, model, version ORDER BY sum(tasks) DESC LIMIT ${MOST}`;
