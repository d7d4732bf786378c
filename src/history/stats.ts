/**
 * What a history says over a time: what came of the work of each agent, what it cost, how long people waited. All of it is read from the sums
 * of days, but for the times, which are the tasks' own. Reads only; days are by UTC.
 */
import type { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { type GroupQuery, type GroupStats, readGroups, WORKED } from "./groups.ts";
import { isIn, SPENDERS } from "./sum-up.ts";

const FAILED = WORKED.slice(2);

const dayShape = z.object({
  day: z.string(),
  pullRequests: z.number(),
  noChanges: z.number(),
  failed: z.number(),
  couldNotRun: z.number(),
  others: z.number(),
});
const recoveriesShape = z.object({ hostRestarts: z.number(), lostRuns: z.number(), takenUp: z.number() });
const hostShape = z.object({ host: z.string(), runs: z.number(), busyMs: z.number() });
const spenderShape = z.object({ name: z.string(), costUsd: z.number() });

/** `busySlots`: how many of its slots were taken, on average over the time. */
export type HostStats = z.output<typeof hostShape> & { busySlots: number };
type Spender = z.output<typeof spenderShape>;

/** `now`: the end of the time, Unix ms. */
export type StatsQuery = GroupQuery & { now: number };
export type Stats = {
  since: string;
  groups: GroupStats[];
  days: z.output<typeof dayShape>[];
  recoveries: z.output<typeof recoveriesShape>;
  hosts: HostStats[];
  spenders: { tasks: Spender[]; persons: Spender[]; repositories: Spender[] };
};

export function readStats(db: DatabaseSync, query: StatsQuery): Stats {
  const { since } = query;
  return {
    since,
    groups: readGroups(db, query),
    days: readDays(db, since),
    recoveries: readRecoveries(db, since),
    hosts: readHostStats(db, query),
    spenders: readSpenders(db, since),
  };
}

export const readDays = (db: DatabaseSync, since: string) => z.array(dayShape).parse(db.prepare(DAYS).all({ since }));

export const readRecoveries = (db: DatabaseSync, since: string) =>
  recoveriesShape.parse(db.prepare(RECOVERIES).get({ since }));

export function readHostStats(db: DatabaseSync, { since, now }: Pick<StatsQuery, "since" | "now">): HostStats[] {
  const time = Math.max(1, now - Date.parse(since));
  const hosts = z.array(hostShape).parse(db.prepare(HOSTS).all({ since }));
  return hosts.map((host) => ({ ...host, busySlots: Math.round((host.busyMs / time) * 100) / 100 }));
}

export function readSpenders(db: DatabaseSync, since: string): Stats["spenders"] {
  const read = (sql: string) => z.array(spenderShape).parse(db.prepare(sql).all({ since }));
  return { tasks: read(spentBy("task")), persons: read(spentBy("person")), repositories: read(spentBy("repository")) };
}

const tasksIf = (where: string) => `coalesce(sum(iif(${where}, tasks, 0)), 0)`;

const DAYS = `
  SELECT day, ${tasksIf("outcome = 'pull_request'")} AS pullRequests, ${tasksIf("outcome = 'no_changes'")} AS noChanges,
    ${tasksIf(isIn(FAILED))} AS failed, ${tasksIf("outcome = 'host_error'")} AS couldNotRun,
    ${tasksIf(`NOT ${isIn([...WORKED, "host_error"])}`)} AS others
  FROM daily_total WHERE day >= :since GROUP BY day ORDER BY day`;

const RECOVERIES = `
  SELECT coalesce(sum(restarts), 0) AS hostRestarts, coalesce(sum(lost), 0) AS lostRuns, coalesce(sum(taken_up), 0) AS takenUp
  FROM daily_total WHERE day >= :since`;

const HOSTS = `
  SELECT host, sum(runs) AS runs, sum(busy_ms) AS busyMs FROM daily_hosts
  WHERE day >= :since GROUP BY host ORDER BY busyMs DESC, host`;

const MOST = `ORDER BY costUsd DESC, name LIMIT ${SPENDERS}`;

const spentBy = (spender: "task" | "person" | "repository") => `
  SELECT name, sum(cost_usd) AS costUsd FROM daily_spent WHERE day >= :since AND spender = '${spender}' GROUP BY name ${MOST}`;
