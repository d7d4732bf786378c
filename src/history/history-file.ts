/**
 * The file of a history. Everything is written in transactions, together with the place in the news up to which it goes: whoever dies in
 * between has written all of it or nothing. Writing the same again changes nothing. The sums of a day are made anew from its tasks
 * with each change, so they never drift from them. Several processes may have it open; each call is one transaction.
 *
 * Synchronous: the bot uses it in a thread of its own (`thread.ts`).
 */
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { MIGRATIONS } from "./migrations.ts";
import type { PastRun, PastTask } from "./past.ts";
import { placeIn } from "./read-history.ts";
import { makeSumUp } from "./sum-up.ts";

/** Two years; the sums of days are kept. */
const KEEP_MS = 2 * 365 * 24 * 3600_000;
/** What runs printed. */
const KEEP_OUTPUT_MS = 30 * 24 * 3600_000;
/** SQLITE_CORRUPT, SQLITE_NOTADB; which kind of it stands in the bits above. */
const UNREADABLE = new Set([11, 26]);
const BUSY_MS = 10_000;
const ASIDE = ".unreadable";

/** The end of what a run printed, as it was packed. */
export type PastOutput = { task: string; epoch: number; packed: Uint8Array };

export type Writing = {
  tasks: readonly PastTask[];
  /** Of runs of tasks that stand there by then. */
  outputs?: readonly PastOutput[];
  /** Issues of which nothing is to stand there any more. */
  forgotten?: readonly { repositoryId: number; number: number }[];
  /** Written only when the history goes up to `from`; goes up to `to` then. */
  place?: { from: string | undefined; to: string };
};

export type HistoryFile = ReturnType<typeof methodsOf>;

/**
 * Makes it where there is none. One that is broken is put aside and begun anew: Redis still has most of it. Throws when it cannot be
 * written there, or a newer Orch has changed its tables. A part that is broken shows only when it is read: every call may throw an error that `isBroken`
 * knows, and then it is for the caller to close it and to `putAside` the file.
 */
export function openHistory(path: string) {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    return historyIn(open(path));
  } catch (error) {
    if (!isBroken(error)) throw error;
    putAside(path);
    return historyIn(open(path));
  }
}

export const isBroken = (error: unknown): boolean =>
  UNREADABLE.has(Number((error as { errcode?: number }).errcode) & 0xff);

/** The next one who opens it begins anew. Of several that were put aside the last one stays. */
export function putAside(path: string): void {
  renameSync(path, `${path}${ASIDE}`);
  removeBeside(path);
}

/** Of what was put aside nobody can say what stands in it. */
export const removeAside = (path: string): void => rmSync(`${path}${ASIDE}`, { force: true });

function removeBeside(path: string): void {
  for (const beside of ["-wal", "-shm"]) rmSync(`${path}${beside}`, { force: true });
}

function historyIn(db: DatabaseSync) {
  try {
    return methodsOf(db);
  } catch (error) {
    db.close(); // its tables cannot be read
    throw error;
  }
}

function methodsOf(db: DatabaseSync) {
  const insertTask = db.prepare(INSERT_TASK);
  const insertRun = db.prepare(INSERT_RUN);
  const insertOutput = db.prepare(INSERT_OUTPUT);
  const sumUp = makeSumUp(db);

  function inTransaction<T>(deed: () => T): T {
    db.exec("BEGIN IMMEDIATE");
    try {
      const made = deed();
      db.exec("COMMIT");
      return made;
    } catch (error) {
      if (db.isTransaction) db.exec("ROLLBACK");
      throw error;
    }
  }

  /** The entry of the news up to which the history goes; undefined: it has to be made from the records first. */
  const place = () => placeIn(db);

  /** False, and nothing is written, when somebody else has written meanwhile. */
  function write({ tasks, outputs = [], forgotten = [], place: next }: Writing): boolean {
    const isWritten = inTransaction(() => {
      if (next && place() !== next.from) return false;
      const days = new Set<string>();
      for (const { repositoryId, number } of forgotten) for (const day of forget(repositoryId, number)) days.add(day);
      for (const task of tasks) for (const day of keep(task)) days.add(day);
      for (const output of outputs) insertOutput.run(output);
      for (const day of days) sumUp(day);
      if (next) setPlace(next.to);
      return true;
    });
    // The log beside the file has each page as it was before.
    if (forgotten.length > 0) db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    return isWritten;
  }

  function setPlace(entry: string): void {
    db.prepare("INSERT INTO place VALUES (1, ?) ON CONFLICT DO UPDATE SET entry = excluded.entry").run(entry);
  }

  /** Gives the days whose sums have changed. */
  function keep(task: PastTask): string[] {
    const { runs, ...rest } = task;
    const day = new Date(task.settledAt).toISOString().slice(0, 10);
    const before = db.prepare("SELECT day FROM tasks WHERE task = ?").get(task.task);
    insertTask.run({ ...NOT_KNOWN, ...defined(rest), day, merged: task.merged ? 1 : 0, costUsd: costOf(runs) });
    db.prepare("DELETE FROM runs WHERE task = ?").run(task.task);
    for (const run of runs) insertRun.run(runRow(task.task, run));
    return before === undefined ? [day] : [day, String(before.day)];
  }

  function forget(repositoryId: number, number: number): string[] {
    const which = "FROM tasks WHERE repository_id = ? AND number = ?";
    const days = db.prepare(`SELECT DISTINCT day ${which}`).all(repositoryId, number);
    db.prepare(`DELETE ${which}`).run(repositoryId, number);
    return days.map(({ day }) => String(day));
  }

  /** Forgets tasks that were over long ago, who spent what then, and sooner what was printed; other sums stay. Gives how many tasks. */
  function trim(now: number): number {
    const before = new Date(now - KEEP_MS).toISOString().slice(0, 10);
    return inTransaction(() => {
      db.prepare("DELETE FROM outputs WHERE over_at < ?").run(now - KEEP_OUTPUT_MS);
      db.prepare("DELETE FROM daily_spent WHERE day < ?").run(before);
      return Number(db.prepare("DELETE FROM tasks WHERE day < ?").run(before).changes);
    });
  }

  function output(task: string, epoch: number): Uint8Array | undefined {
    const row = db.prepare("SELECT packed FROM outputs WHERE task = ? AND epoch = ?").get(task, epoch);
    return row?.packed instanceof Uint8Array ? row.packed : undefined;
  }

  return { db, place, write, trim, output, close: () => db.close() };
}

function open(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: BUSY_MS });
  try {
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;");
    db.exec("PRAGMA secure_delete = ON;"); // what is forgotten does not stay in the file's free parts
    migrate(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function migrate(db: DatabaseSync): void {
  const version = () => Number(db.prepare("PRAGMA user_version").get()?.user_version);
  if (version() === MIGRATIONS.length) return;
  db.exec("BEGIN IMMEDIATE");
  const from = version(); // another process may have been faster
  if (from > MIGRATIONS.length) throw new Error("the history was written by a newer Orch: this one leaves it alone");
  for (const step of MIGRATIONS.slice(from)) db.exec(step);
  db.exec(`PRAGMA user_version = ${MIGRATIONS.length}; COMMIT`);
}

const INSERT_TASK = `
  INSERT INTO tasks VALUES (:task, :repositoryId, :repository, :number, :person, :origin, :kind, :size, :agent, :model, :version,
    :outcome, :requestedAt, :settledAt, :day, :queuedMs, :pull, :closedAt, :merged, :ci, :restarts, :costUsd)
  ON CONFLICT DO UPDATE SET repository = excluded.repository, number = excluded.number, model = excluded.model,
    agent = excluded.agent, version = excluded.version, outcome = excluded.outcome, settled_at = excluded.settled_at,
    day = excluded.day, queued_ms = excluded.queued_ms, pull = excluded.pull, closed_at = excluded.closed_at,
    merged = excluded.merged, ci = excluded.ci, restarts = excluded.restarts, cost_usd = excluded.cost_usd`;

/** Of two runs that an odd record has under one number the later one counts. */
const INSERT_RUN = `
  INSERT OR REPLACE INTO runs VALUES (:task, :epoch, :host, :startedAt, :endedAt, :end, :start, :hadAgent, :inputTokens, :outputTokens,
    :costUsd, :rounds)`;

const INSERT_OUTPUT = `
  INSERT INTO outputs SELECT :task, :epoch, settled_at, :packed FROM tasks WHERE task = :task
  ON CONFLICT DO UPDATE SET over_at = excluded.over_at, packed = excluded.packed`;

const NOT_KNOWN = { person: null, queuedMs: null, pull: null, closedAt: null, ci: null };

/** As far as its agents state it. */
function costOf(runs: readonly PastRun[]): number | null {
  const known = runs.flatMap(({ costUsd }) => costUsd ?? []);
  return known.length === 0 ? null : known.reduce((sum, each) => sum + each, 0);
}

function runRow(task: string, run: PastRun): Record<string, string | number | null> {
  const unknown = { endedAt: null, end: null, start: null, inputTokens: null, outputTokens: null, costUsd: null };
  return { ...unknown, rounds: null, ...defined(run), task, hadAgent: run.hadAgent ? 1 : 0 };
}

/** SQLite knows no `undefined`. */
function defined(row: object): Record<string, string | number> {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined));
}
