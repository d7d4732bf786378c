/**
 * A history for whoever only reads it, beside the bot that writes it: nothing of it is made, changed or put aside. One that cannot be used is told of, with
 * what to do.
 */
import { DatabaseSync } from "node:sqlite";
import { MIGRATIONS } from "./migrations.ts";

const BUSY_MS = 10_000;

/** Throws an Error whose message says what is wrong. */
export function readHistory<T>(path: string, read: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS });
  try {
    const version = versionOf(db);
    if (version !== MIGRATIONS.length)
      throw new Error(`${path} was written by ${version > MIGRATIONS.length ? NEWER : OLDER}`);
    return read(db);
  } catch (cause) {
    throw new Error(`the history cannot be read: ${cause instanceof Error ? cause.message : cause}`, { cause });
  } finally {
    db.close();
  }
}

const NEWER = "a newer Orch: ask that one";
const OLDER = "an older Orch: a bot of this one makes it fit when it starts";

/** Undefined where it cannot be told so: whoever opens it for writing finds out why. */
export function readPlace(path: string): string | undefined {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { readOnly: true });
    return versionOf(db) === MIGRATIONS.length ? placeIn(db) : undefined;
  } catch {
    return undefined;
  } finally {
    db?.close();
  }
}

const versionOf = (db: DatabaseSync): number => Number(db.prepare("PRAGMA user_version").get()?.user_version);

/** The entry of the news up to which it goes; undefined: it has to be made from the records first. */
export function placeIn(db: DatabaseSync): string | undefined {
  const row = db.prepare("SELECT entry FROM place").get();
  return row === undefined ? undefined : String(row.entry);
}
