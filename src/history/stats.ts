/**
 * What a history says over a time: what came of the work of each agent, what it cost, how long people waited. Counts come from the sums of
 * days, times from the tasks themselves. Reads only; days are by UTC.
 */
import type { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { interval, percentiles } from "./numbers.ts";

/** What tasks may be grouped by, and each one's column. */
export const GROUPS = { agent: "agent", kind: "kind", repository: "repository", model: "model" } as const;
export type Group = keyof typeof GROUPS;

export type StatsQuery = {
  by: readonly Group[];
  /** The first day, as 2026-01-31. */
  since: string;
};

/** Outcomes of work that was done, well or badly: what says something of an agent. */
const WORKED = [
  "pull_request",
  "no_changes",
  "agent_failed",
  "verify_failed",
  "timed_out",
  "out_of_budget",
  "over_limit",
  "stalled",
];
const FAILED = WORKED.slice(2);
const isIn = (outcomes: readonly string[]) => `outcome IN (${outcomes.map((each) => `'${each}'`).join(", ")})`;

const groupShape = z.looseObject({
  /** Tasks whose work was done, well or badly. */
  tasks: z.number(),
  pullRequests: z.number(),
  merged: z.number(),
  /** Pull requests that were closed without a merge. */
  closed: z.number(),
  couldNotRun: z.number(),
  /** US dollars, as far as agents state them; `costUnknown`: runs that do not. */
  costUsd: z.number(),
  costUnknown: z.number(),
  inputTokens: z.number(),
  outputTokens: z.number(),
  /** How often a check ran in each run that had one, on average. */
  verifyRounds: z.number().nullable(),
});
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

/** Nearest rank, ms. */
export type Percentiles = { n: number; p50: number; p95: number };
type GroupStats = z.output<typeof groupShape> & {
  /** The names of what it is grouped by. */
  of: { [group in Group]?: string };
  /** Of the tasks: the share that was merged, and where it lies with a probability of 90 %. */
  mergeRate?: { rate: number; from: number; to: number };
  costPerMerged?: number;
  toPullRequest?: Percentiles;
  queued?: Percentiles;
};

export type Stats = {
  since: string;
  groups: GroupStats[];
  days: z.output<typeof dayShape>[];
  recoveries: z.output<typeof recoveriesShape>;
  hosts: z.output<typeof hostShape>[];
  spenders: { tasks: Spender[]; persons: Spender[]; repositories: Spender[] };
};
type Spender = z.output<typeof spenderShape>;

/** Of each kind of spender. */
const SPENDERS = 5;

export function readStats(db: DatabaseSync, query: StatsQuery): Stats {
  const { since } = query;
  const all = (sql: string) => db.prepare(sql).all({ since });
  return {
    since,
    groups: groups(db, query),
    days: z.array(dayShape).parse(all(DAYS)),
    recoveries: recoveriesShape.parse(all(RECOVERIES)[0]),
    hosts: z.array(hostShape).parse(all(HOSTS)),
    spenders: {
      tasks: z.array(spenderShape).parse(all(spenders("task"))),
      persons: z.array(spenderShape).parse(all(spenders("person"))),
      repositories: z.array(spenderShape).parse(all(spenders("repository"))),
    },
  };
}

function groups(db: DatabaseSync, { by, since }: StatsQuery): GroupStats[] {
  const columns = by.map((group) => GROUPS[group]);
  const grouped = columns.length > 0 ? `GROUP BY ${columns.join(", ")} ORDER BY sum(tasks) DESC` : "";
  const rows = db.prepare(`SELECT ${[...columns, COUNTS].join(", ")} FROM daily WHERE day >= :since ${grouped}`);
  const times = (of: string, where: string) => {
    const order = [...columns, "ms"].join(", ");
    const select = [...columns, `${of} AS ms`].join(", ");
    const sql = `SELECT ${select} FROM tasks WHERE day >= :since AND ${where} ORDER BY ${order}`;
    return percentilesBy(db.prepare(sql).iterate({ since }), columns);
  };
  const toPullRequest = times("settled_at - requested_at", "outcome = 'pull_request'");
  const queued = times("queued_ms", "queued_ms IS NOT NULL");
  return rows.all({ since }).flatMap((row) => {
    if (row.merged === null) return []; // without groups there is one row, also of nothing
    const counts = groupShape.strip().parse(row);
    const name = nameOf(row, columns);
    const { tasks, merged, costUsd } = counts;
    return {
      of: Object.fromEntries(by.map((group) => [group, String(row[GROUPS[group]])])),
      ...counts,
      ...(tasks > 0 && { mergeRate: interval(merged, tasks) }),
      ...(merged > 0 && { costPerMerged: costUsd / merged }),
      ...(toPullRequest.has(name) && { toPullRequest: toPullRequest.get(name) }),
      ...(queued.has(name) && { queued: queued.get(name) }),
    };
  });
}

type Row = Record<string, unknown>;
const nameOf = (row: Row, columns: readonly string[]): string =>
  JSON.stringify(columns.map((column) => String(row[column])));

/** Rows come ordered by group and time. */
function percentilesBy(rows: Iterable<Row>, columns: readonly string[]): Map<string, Percentiles> {
  const times = new Map<string, number[]>();
  for (const row of rows) {
    const name = nameOf(row, columns);
    const known = times.get(name);
    if (known) known.push(Number(row.ms));
    else times.set(name, [Number(row.ms)]);
  }
  return new Map([...times].map(([name, sorted]) => [name, percentiles(sorted)]));
}

const sumOf = (column: string, where?: string) =>
  where ? `coalesce(sum(iif(${where}, ${column}, 0)), 0)` : `sum(${column})`;

const COUNTS = `
  ${sumOf("tasks", isIn(WORKED))} AS tasks, ${sumOf("tasks", "outcome = 'pull_request'")} AS pullRequests,
  ${sumOf("merged")} AS merged, ${sumOf("closed")} AS closed, ${sumOf("tasks", "outcome = 'host_error'")} AS couldNotRun,
  ${sumOf("cost_usd")} AS costUsd, ${sumOf("cost_unknown")} AS costUnknown, ${sumOf("input_tokens")} AS inputTokens,
  ${sumOf("output_tokens")} AS outputTokens, round(sum(rounds) * 1.0 / nullif(sum(checked), 0), 2) AS verifyRounds`;

const DAYS = `
  SELECT day, ${sumOf("tasks", "outcome = 'pull_request'")} AS pullRequests,
    ${sumOf("tasks", "outcome = 'no_changes'")} AS noChanges, ${sumOf("tasks", isIn(FAILED))} AS failed,
    ${sumOf("tasks", "outcome = 'host_error'")} AS couldNotRun,
    ${sumOf("tasks", `NOT ${isIn([...WORKED, "host_error"])}`)} AS others
  FROM daily WHERE day >= :since GROUP BY day ORDER BY day`;

const RECOVERIES = `
  SELECT coalesce(sum(restarts), 0) AS hostRestarts, coalesce(sum(lost), 0) AS lostRuns, coalesce(sum(taken_up), 0) AS takenUp
  FROM daily WHERE day >= :since`;

const HOSTS = `
  SELECT host, count(*) AS runs, coalesce(sum(ended_at - started_at), 0) AS busyMs
  FROM runs JOIN tasks USING (task) WHERE day >= :since GROUP BY host ORDER BY busyMs DESC`;

const spenders = (column: "task" | "person" | "repository") => `
  SELECT ${column} AS name, sum(cost_usd) AS costUsd FROM runs JOIN tasks USING (task)
  WHERE day >= :since AND cost_usd > 0 AND ${column} IS NOT NULL
  GROUP BY ${column} ORDER BY costUsd DESC, name LIMIT ${SPENDERS}`;
