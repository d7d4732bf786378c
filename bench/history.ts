/** What the history costs that answers `orch stats`: a million runs in it, and the processor time of each thing that people ask. */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { readCounts, readTimes } from "../src/history/groups.ts";
import { type HistoryFile, openHistory } from "../src/history/history-file.ts";
import type { PastTask } from "../src/history/past.ts";
import { readDays, readHostStats, readRecoveries, readSpenders, readStats } from "../src/history/stats.ts";
import type { Benchmark, Options, Report } from "./bench.ts";
import { type Fed, feedHistory } from "./history-feed.ts";
import { median, quantile, round } from "./statistics.ts";

const RUNS = 1_000_000;
const DAYS = 730;
const DAY_MS = 24 * 3600_000;
const NOW = Date.UTC(2026, 6, 1);
const FED = 60;

export const history: Benchmark = {
  name: "history",
  title: `processor time of what is asked of a history of ${RUNS} runs`,
  rounds: 5,
  run: measure,
};

async function measure({ rounds, say }: Options): Promise<Report> {
  const dir = mkdtempSync(join(tmpdir(), "orch-bench-history-"));
  const path = join(dir, "history.sqlite");
  const file = openHistory(path);
  try {
    const written = cpuOf(() => fill(file, say));
    const one = median(Array.from({ length: rounds }, (_, nth) => cpuOf(() => file.write({ tasks: [pastTask(nth)] }))));
    say(`${FED} tasks come to an end`);
    const fed = await feedHistory(FED);
    return report({ db: file.db, rounds, written, one, fed, megabytes: statSync(path).size / 1_048_576 });
  } finally {
    file.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** In the order of their days, as time would write them. */
function fill(file: HistoryFile, say: Options["say"]): void {
  const perDay = Math.ceil(RUNS / DAYS);
  for (let day = 0; day < DAYS; day++) {
    const from = day * perDay;
    const tasks = Array.from({ length: Math.min(perDay, RUNS - from) }, (_, nth) => pastTask(from + nth));
    file.write({ tasks });
    if (day % 100 === 0) say(`${from} of ${RUNS} runs are written`);
  }
}

const OUTCOMES = [
  ...Array.from({ length: 12 }, () => "pull_request" as const),
  ...(["no_changes", "agent_failed", "verify_failed", "timed_out", "host_error", "cancelled"] as const),
];
const of = <Each>(all: readonly Each[], nth: number): Each => all[nth % all.length] as Each;

/** One run each; 12 repositories, 3 kinds, 3 agents of 2 models, in which nothing goes in step. */
function pastTask(nth: number): PastTask {
  const chance = Math.imul(nth + 1, 2_654_435_761) >>> 0;
  const settledAt = NOW - DAYS * DAY_MS + Math.floor(nth / Math.ceil(RUNS / DAYS)) * DAY_MS + (chance % DAY_MS);
  const outcome = of(OUTCOMES, chance >>> 5);
  const isPull = outcome === "pull_request";
  const agent = of(["claude", "codex", "gemini"], chance >>> 9);
  return {
    task: `t${nth.toString(36).padStart(15, "0")}`,
    repositoryId: (chance >>> 12) % 12,
    repository: `octo-org/repository-${(chance >>> 12) % 12}`,
    number: nth % 5_000,
    person: `person-${(chance >>> 16) % 40}`,
    origin: "comment",
    kind: of(["issue", "pull", "review"] as const, chance >>> 20),
    size: of(["small", "medium", "large"] as const, chance >>> 22),
    agent,
    model: `${agent}-${(chance >>> 24) % 2}`,
    version: "1.0",
    outcome,
    requestedAt: settledAt - 60_000 - (chance % 3_600_000),
    settledAt,
    queuedMs: chance % 600_000,
    ...(isPull && { pull: nth, ci: of(["green", "green", "red"] as const, chance >>> 7) }),
    ...(isPull && chance % 3 > 0 && { closedAt: settledAt + DAY_MS }),
    merged: isPull && chance % 3 === 1,
    restarts: chance % 50 === 0 ? 1 : 0,
    runs: [
      {
        epoch: 1,
        host: `h${(chance >>> 18) % 8}`,
        startedAt: settledAt - 600_000,
        endedAt: settledAt,
        end: outcome,
        start: "fresh",
        hadAgent: true,
        inputTokens: chance % 100_000,
        outputTokens: chance % 5_000,
        costUsd: (chance % 300) / 100,
        rounds: 1 + (chance % 3),
      },
    ],
  };
}

/** What people ask, by the names of the docs. Some are columns of the same answer. */
const QUESTIONS: Record<string, (db: DatabaseSync, since: string) => unknown> = {
  "merged, cost, rounds of checks and CI by agent": (db, since) => readCounts(db, { by: ["agent"], since }),
  "the same by agent, kind, model and repository": (db, since) =>
    readCounts(db, { by: ["agent", "kind", "model", "repository"], since }),
  "time to pull request and in queue, p50 and p95": (db, since) => readTimes(db, { by: ["agent"], since }),
  "outcomes by day": readDays,
  recoveries: readRecoveries,
  "slots taken by host": (db, since) => readHostStats(db, { since, now: NOW }),
  "who spent most": readSpenders,
  "all that orch stats says": (db, since) => readStats(db, { by: ["agent"], since, now: NOW }),
};
const ALL = "all that orch stats says";
const SINCE = { "30 days": 30, "two years": DAYS };

type Measured = { db: DatabaseSync; rounds: number; written: number; one: number; fed: Fed; megabytes: number };

function report({ db, rounds, written, one, fed, megabytes }: Measured): Report {
  const times = Object.entries(SINCE);
  const cpu = (ask: (db: DatabaseSync, since: string) => unknown, days: number) => {
    const since = new Date(NOW - days * DAY_MS).toISOString().slice(0, 10);
    return median(Array.from({ length: rounds }, () => cpuOf(() => ask(db, since))));
  };
  const found = Object.entries(QUESTIONS).map(
    ([name, ask]) => [name, times.map(([, days]) => cpu(ask, days))] as const,
  );
  const all = found.find(([name]) => name === ALL)?.[1] ?? [];
  return {
    counted: [
      `${RUNS} runs of as many tasks within ${DAYS} days, written in ${Math.round(written / 1_000)} s of processor time; the file has ${Math.round(megabytes)} MB. Processor time of this process, user and system, median of ${rounds}; the file is in memory.`,
      "Times to the pull request and in the queue are of the newest 50 000 tasks at most.",
      `Behind: ${FED} tasks that end one after the other, from when a task is settled in Redis until its row can be read; then another file is made anew of what Redis has, and the rows of both are compared.`,
    ],
    tables: [
      {
        title: "processor time in ms, over the last",
        rows: [["", ...Object.keys(SINCE)], ...found.map(([name, each]) => [name, ...each.map(round)])],
      },
    ],
    figures: [
      ...times.map(([name], nth) => ({
        name: `orch stats over ${name}`,
        value: all[nth] ?? 0,
        unit: "ms",
        goal: { atMost: 200 },
      })),
      { name: "one more task on a day of 1,370", value: one, unit: "ms" },
      { name: "behind: max", value: quantile(fed.behind, 1) / 1_000, unit: "s", goal: { atMost: 5 } },
      { name: `made anew: rows of ${fed.rows} that differ`, value: fed.differing, unit: "", goal: { atMost: 0 } },
    ],
  };
}

function cpuOf(deed: () => unknown): number {
  const before = process.cpuUsage();
  deed();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
