/** A task that is over, as a history keeps it, for tests that do not care how it came about. */
import type { PastRun, PastTask } from "../../src/history/past.ts";

export const pastRun = (changes: Partial<PastRun> = {}): PastRun => ({
  epoch: 1,
  host: "h1",
  startedAt: 1_000,
  endedAt: 61_000,
  end: "pull_request",
  start: "fresh",
  hadAgent: true,
  inputTokens: 1_000,
  outputTokens: 100,
  costUsd: 0.5,
  rounds: 1,
  ...changes,
});

export const pastTask = (changes: Partial<PastTask> = {}): PastTask => ({
  task: "t1",
  repositoryId: 11,
  repository: "octo-org/calculator",
  number: 1,
  person: "maintainer",
  origin: "comment",
  kind: "issue",
  agent: "claude",
  model: "opus",
  size: "small",
  version: "",
  outcome: "pull_request",
  requestedAt: Date.UTC(2026, 0, 5, 10),
  settledAt: Date.UTC(2026, 0, 5, 11),
  queuedMs: 2_000,
  pull: 7,
  merged: false,
  restarts: 0,
  runs: [pastRun()],
  ...changes,
});

/** Everything that stands in a history, in an order that only its content decides. */
export function contentOf(db: import("node:sqlite").DatabaseSync): unknown {
  const all = (table: string, order: string) => db.prepare(`SELECT * FROM ${table} ORDER BY ${order}`).all();
  return {
    tasks: all("tasks", "task"),
    runs: all("runs", "task, epoch"),
    daily: all("daily", "day, repository, kind, agent, model, outcome"),
    total: all("daily_total", "day, kind, agent, model, outcome"),
    hosts: all("daily_hosts", "day, host"),
    spent: all("daily_spent", "day, spender, name"),
    arms: all("daily_arms", "day, repository_id, kind, size, agent, model, version"),
  };
}
