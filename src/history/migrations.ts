/** The tables of a history, as numbered steps. What was ever released is never changed: a new step is added at the end. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE place (one INTEGER PRIMARY KEY CHECK (one = 1), entry TEXT NOT NULL) STRICT;
  CREATE TABLE tasks (
    task TEXT PRIMARY KEY, repository_id INTEGER NOT NULL, repository TEXT NOT NULL, number INTEGER NOT NULL, person TEXT,
    origin TEXT NOT NULL, kind TEXT NOT NULL, agent TEXT NOT NULL, model TEXT NOT NULL, outcome TEXT NOT NULL,
    requested_at INTEGER NOT NULL, settled_at INTEGER NOT NULL, day TEXT NOT NULL, queued_ms INTEGER, pull INTEGER,
    closed_at INTEGER, merged INTEGER NOT NULL, restarts INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tasks_by_day ON tasks (day);
  CREATE INDEX tasks_by_issue ON tasks (repository_id, number);
  CREATE TABLE runs (
    task TEXT NOT NULL REFERENCES tasks ON DELETE CASCADE, epoch INTEGER NOT NULL, host TEXT NOT NULL,
    started_at INTEGER NOT NULL, ended_at INTEGER, ended TEXT, start TEXT, had_agent INTEGER NOT NULL,
    input_tokens INTEGER, output_tokens INTEGER, cost_usd REAL, rounds INTEGER,
    PRIMARY KEY (task, epoch)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE daily (
    day TEXT NOT NULL, repository TEXT NOT NULL, kind TEXT NOT NULL, agent TEXT NOT NULL, model TEXT NOT NULL,
    outcome TEXT NOT NULL, tasks INTEGER NOT NULL, merged INTEGER NOT NULL, closed INTEGER NOT NULL, restarts INTEGER NOT NULL,
    runs INTEGER NOT NULL, run_ms INTEGER NOT NULL, lost INTEGER NOT NULL, taken_up INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cost_usd REAL NOT NULL, cost_unknown INTEGER NOT NULL,
    rounds INTEGER NOT NULL, checked INTEGER NOT NULL,
    PRIMARY KEY (day, repository, kind, agent, model, outcome)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE outputs (
    task TEXT NOT NULL REFERENCES tasks ON DELETE CASCADE, epoch INTEGER NOT NULL, over_at INTEGER NOT NULL, packed BLOB NOT NULL,
    PRIMARY KEY (task, epoch)
  ) STRICT;
  CREATE INDEX outputs_by_time ON outputs (over_at);
  `,
];
