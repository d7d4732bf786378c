/**
 * The tables of a history, as numbered steps. What was ever released is never changed: a new step is added at the end.
 *
 * Tasks lie in the order of their days, so that a time of them is read in one piece. What people ask about is summed up by day (`sum-up.ts`):
 * from these tables alone the sums over any time are read, however many runs there were.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE place (one INTEGER PRIMARY KEY CHECK (one = 1), entry TEXT NOT NULL) STRICT;
  CREATE TABLE tasks (
    task TEXT NOT NULL, repository_id INTEGER NOT NULL, repository TEXT NOT NULL, number INTEGER NOT NULL, person TEXT,
    origin TEXT NOT NULL, kind TEXT NOT NULL, size TEXT NOT NULL, agent TEXT NOT NULL, model TEXT NOT NULL, version TEXT NOT NULL,
    outcome TEXT NOT NULL, requested_at INTEGER NOT NULL, settled_at INTEGER NOT NULL, day TEXT NOT NULL, queued_ms INTEGER,
    pull INTEGER, closed_at INTEGER, merged INTEGER NOT NULL, ci TEXT, restarts INTEGER NOT NULL, cost_usd REAL,
    PRIMARY KEY (day, task)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX tasks_by_id ON tasks (task);
  CREATE INDEX tasks_by_issue ON tasks (repository_id, number);
  CREATE TABLE runs (
    task TEXT NOT NULL REFERENCES tasks (task) ON DELETE CASCADE, epoch INTEGER NOT NULL, host TEXT NOT NULL,
    started_at INTEGER NOT NULL, ended_at INTEGER, ended TEXT, start TEXT, had_agent INTEGER NOT NULL,
    input_tokens INTEGER, output_tokens INTEGER, cost_usd REAL, rounds INTEGER,
    PRIMARY KEY (task, epoch)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE daily (
    day TEXT NOT NULL, repository TEXT NOT NULL, kind TEXT NOT NULL, agent TEXT NOT NULL, model TEXT NOT NULL,
    outcome TEXT NOT NULL, tasks INTEGER NOT NULL, merged INTEGER NOT NULL, closed INTEGER NOT NULL, restarts INTEGER NOT NULL,
    runs INTEGER NOT NULL, run_ms INTEGER NOT NULL, lost INTEGER NOT NULL, taken_up INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cost_usd REAL NOT NULL, cost_unknown INTEGER NOT NULL,
    rounds INTEGER NOT NULL, checked INTEGER NOT NULL, ci_green INTEGER NOT NULL, ci_known INTEGER NOT NULL,
    PRIMARY KEY (day, repository, kind, agent, model, outcome)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE daily_total (
    day TEXT NOT NULL, kind TEXT NOT NULL, agent TEXT NOT NULL, model TEXT NOT NULL,
    outcome TEXT NOT NULL, tasks INTEGER NOT NULL, merged INTEGER NOT NULL, closed INTEGER NOT NULL, restarts INTEGER NOT NULL,
    runs INTEGER NOT NULL, run_ms INTEGER NOT NULL, lost INTEGER NOT NULL, taken_up INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cost_usd REAL NOT NULL, cost_unknown INTEGER NOT NULL,
    rounds INTEGER NOT NULL, checked INTEGER NOT NULL, ci_green INTEGER NOT NULL, ci_known INTEGER NOT NULL,
    PRIMARY KEY (day, kind, agent, model, outcome)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE daily_hosts (
    day TEXT NOT NULL, host TEXT NOT NULL, runs INTEGER NOT NULL, busy_ms INTEGER NOT NULL,
    PRIMARY KEY (day, host)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE daily_spent (
    day TEXT NOT NULL, spender TEXT NOT NULL, name TEXT NOT NULL, cost_usd REAL NOT NULL,
    PRIMARY KEY (day, spender, name)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE daily_arms (
    day TEXT NOT NULL, repository_id INTEGER NOT NULL, kind TEXT NOT NULL, size TEXT NOT NULL, agent TEXT NOT NULL,
    model TEXT NOT NULL, version TEXT NOT NULL, tasks INTEGER NOT NULL, merged INTEGER NOT NULL, open INTEGER NOT NULL,
    cost_usd REAL NOT NULL, costed INTEGER NOT NULL,
    PRIMARY KEY (day, repository_id, kind, size, agent, model, version)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE outputs (
    task TEXT NOT NULL REFERENCES tasks (task) ON DELETE CASCADE, epoch INTEGER NOT NULL, over_at INTEGER NOT NULL, packed BLOB NOT NULL,
    PRIMARY KEY (task, epoch)
  ) STRICT;
  CREATE INDEX outputs_by_time ON outputs (over_at);
  `,
];
