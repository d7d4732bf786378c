/** What came of the work of each group of tasks: how many were merged, what they cost, how long people waited. Reads only. */
import type { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { interval, percentiles } from "./numbers.ts";
import { isIn } from "./sum-up.ts";

/** What tasks may be grouped by, and each one's column. */
export const GROUPS = { agent: "agent", kind: "kind", repository: "repository", model: "model" } as const;
export type Group = keyof typeof GROUPS;

/** `since`: the first day, as 2026-01-31. */
export type GroupQuery = { by: readonly Group[]; since: string };

/** Outcomes of work that was done, well or badly: what says something of an agent. */
export const WORKED = [
  "pull_request",
  "no_changes",
  "agent_failed",
  "verify_failed",
  "timed_out",
  "out_of_budget",
  "over_limit",
  "stalled",
];

const groupShape = z.object({
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
  /** Pull requests whose first commits the repository's CI has judged, and those of them that it found good. */
  ciKnown: z.number(),
  ciGreen: z.number(),
});

/** Nearest rank, ms. */
export type Percentiles = { n: number; p50: number; p95: number };
export type Share = { rate: number; from: number; to: number };
export type GroupStats = z.output<typeof groupShape> & {
  /** The names of what it is grouped by. */
  of: { [group in Group]?: string };
  /** Of the tasks: the share that was merged, and where it lies with a probability of 90 %. */
  mergeRate?: Share;
  /** The same, of the pull requests that CI has judged. */
  ciRate?: Share;
  costPerMerged?: number;
  toPullRequest?: Percentiles;
  queued?: Percentiles;
};

/** Times are of so many tasks at most, the newest: however long a time is asked about, the answer comes soon. */
const TIMED = 50_000;

export function readGroups(db: DatabaseSync, query: GroupQuery): GroupStats[] {
  const columns = query.by.map((group) => GROUPS[group]);
  const times = readTimes(db, query);
  return readCounts(db, query).map(({ row, counts }) => {
    const { tasks, merged, costUsd, ciKnown, ciGreen } = counts;
    return {
      of: Object.fromEntries(query.by.map((group) => [group, String(row[GROUPS[group]])])),
      ...counts,
      ...(tasks > 0 && { mergeRate: interval(merged, tasks) }),
      ...(ciKnown > 0 && { ciRate: interval(ciGreen, ciKnown) }),
      ...(merged > 0 && { costPerMerged: costUsd / merged }),
      ...times.get(nameOf(columns.map((column) => row[column]))),
    };
  });
}

/** From the sums of days alone. */
export function readCounts(db: DatabaseSync, { by, since }: GroupQuery) {
  const columns = by.map((group) => GROUPS[group]);
  const grouped = columns.length > 0 ? `GROUP BY ${columns.join(", ")} ORDER BY sum(tasks) DESC` : "";
  const sums = by.includes("repository") ? "daily" : "daily_total";
  const sql = `SELECT ${[...columns, COUNTS].join(", ")} FROM ${sums} WHERE day >= :since ${grouped}`;
  // Without groups there is one row, also of nothing.
  const rows = db.prepare(sql).all({ since });
  return rows.filter((row) => row.merged !== null).map((row) => ({ row, counts: groupShape.parse(row) }));
}

type Times = { toPullRequest?: Percentiles; queued?: Percentiles };
type Measured = { toPullRequest: number[]; queued: number[] };

export function readTimes(db: DatabaseSync, { by, since }: GroupQuery): Map<string, Times> {
  const columns = by.map((group) => GROUPS[group]);
  const select = [
    ...columns,
    "queued_ms",
    "iif(outcome = 'pull_request', max(0, settled_at - requested_at), NULL)",
  ].join(", ");
  const statement = db.prepare(`SELECT ${select} FROM tasks WHERE day >= :since ORDER BY day DESC LIMIT ${TIMED}`);
  statement.setReturnArrays(true);
  const groups = new Map<string, Measured>();
  for (const row of statement.iterate({ since }) as unknown as Iterable<unknown[]>) {
    const name = nameOf(row.slice(0, columns.length));
    const group = groups.get(name) ?? { toPullRequest: [], queued: [] };
    if (group.queued.length + group.toPullRequest.length === 0) groups.set(name, group);
    const [queued, toPullRequest] = row.slice(columns.length);
    if (typeof queued === "number") group.queued.push(queued);
    if (typeof toPullRequest === "number") group.toPullRequest.push(toPullRequest);
  }
  return new Map([...groups].map(([name, measured]) => [name, timesIn(measured)]));
}

function timesIn({ toPullRequest, queued }: Measured): Times {
  const sorted = (all: number[]) => percentiles(Float64Array.from(all).sort());
  return {
    ...(toPullRequest.length > 0 && { toPullRequest: sorted(toPullRequest) }),
    ...(queued.length > 0 && { queued: sorted(queued) }),
  };
}

const nameOf = (values: readonly unknown[]): string => values.join("\n");

const sumOf = (column: string, where?: string) =>
  where ? `coalesce(sum(iif(${where}, ${column}, 0)), 0)` : `sum(${column})`;

/** Agents state the tokens: a sum of them may be larger than SQLite, or JavaScript, counts in whole numbers. */
const COUNTS = `
  ${sumOf("tasks", isIn(WORKED))} AS tasks, ${sumOf("tasks", "outcome = 'pull_request'")} AS pullRequests,
  ${sumOf("merged")} AS merged, ${sumOf("closed")} AS closed, ${sumOf("tasks", "outcome = 'host_error'")} AS couldNotRun,
  ${sumOf("cost_usd")} AS costUsd, ${sumOf("cost_unknown")} AS costUnknown, total(input_tokens) AS inputTokens,
  total(output_tokens) AS outputTokens, round(sum(rounds) * 1.0 / nullif(sum(checked), 0), 2) AS verifyRounds,
  ${sumOf("ci_known")} AS ciKnown, ${sumOf("ci_green")} AS ciGreen`;
