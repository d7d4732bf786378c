import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type HistoryFile, openHistory } from "../../src/history/history-file.ts";
import { readHistory, readPlace } from "../../src/history/read-history.ts";
import { contentOf, pastRun, pastTask } from "./past-task.ts";

let dir: string;
let path: string;
let file: HistoryFile;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "orch-history-"));
  path = join(dir, "history", "history.sqlite");
  file = openHistory(path);
});
afterEach(() => {
  if (file.db.isOpen) file.close();
  rmSync(dir, { recursive: true, force: true });
});

const daily = () => file.db.prepare("SELECT * FROM daily ORDER BY day, outcome").all();

test("a task written twice stands there once, as it was written last, and so does its day", () => {
  file.write({
    tasks: [pastTask(), pastTask({ task: "t2", outcome: "verify_failed", runs: [pastRun({ rounds: 2 })] })],
  });
  const once = contentOf(file.db);
  file.write({ tasks: [pastTask()] });
  expect(contentOf(file.db)).toEqual(once);

  const runs = [pastRun({ end: "lost" }), pastRun({ epoch: 2, costUsd: undefined })];
  file.write({ tasks: [pastTask({ merged: true, closedAt: 9, runs })] });
  expect(daily()).toMatchObject([
    { outcome: "pull_request", tasks: 1, merged: 1, closed: 0, runs: 2, lost: 1, cost_usd: 0.5, cost_unknown: 1 },
    { outcome: "verify_failed", tasks: 1, merged: 0, rounds: 2, checked: 1 },
  ]);
});

test("what was asked for under an issue is forgotten, and leaves the sums of its days", () => {
  file.write({ tasks: [pastTask(), pastTask({ task: "t2", number: 2 })] });
  file.write({ tasks: [], forgotten: [{ repositoryId: 11, number: 1 }] });
  expect(file.db.prepare("SELECT task FROM tasks").all()).toEqual([{ task: "t2" }]);
  expect(file.db.prepare("SELECT DISTINCT task FROM runs").all()).toEqual([{ task: "t2" }]);
  expect(daily()).toMatchObject([{ tasks: 1, runs: 1 }]);
});

test("what was forgotten does not stay in the file, nor in the one beside it", () => {
  const others = Array.from({ length: 20 }, (_, nth) =>
    pastTask({ task: `o${nth}`, number: 2, person: `other-${nth}` }),
  );
  const packed = Buffer.from("words that were printed ".repeat(1_000));
  const person = "who-is-to-be-forgotten";
  file.write({ tasks: [...others, pastTask({ person })], outputs: [{ task: "t1", epoch: 1, packed }] });
  const bytes = () => [path, `${path}-wal`].map((each) => readFileSync(each, "latin1")).join("");
  expect(bytes()).toContain(person);
  file.write({ tasks: [], forgotten: [{ repositoryId: 11, number: 1 }] });
  for (const word of [person, "words that were printed"]) expect(bytes()).not.toContain(word);
});

test("whoever only reads it makes, changes and removes nothing, and is told why it cannot be read", () => {
  file.write({ tasks: [pastTask()], place: { from: undefined, to: "7-1" } });
  const count = (db: DatabaseSync) => db.prepare("SELECT count(*) AS n FROM tasks").get()?.n;
  expect(readHistory(path, count)).toBe(1);
  expect(() => readHistory(path, (db) => db.exec("DELETE FROM tasks"))).toThrow("readonly");
  file.db.exec("PRAGMA user_version = 1");
  expect(() => readHistory(path, count)).toThrow("an older Orch");
  file.close();
  writeFileSync(path, "no database".repeat(1_000));
  expect(() => readHistory(path, count)).toThrow("the history cannot be read: file is not a database");
  expect(existsSync(`${path}.unreadable`)).toBe(false);
});

test("after two years single tasks are forgotten, and the sums of their days are not", () => {
  file.write({ tasks: [pastTask(), pastTask({ task: "t2", settledAt: Date.UTC(2028, 0, 6) })] });
  expect(file.trim(Date.UTC(2028, 0, 7))).toBe(1);
  expect(file.db.prepare("SELECT task FROM tasks").all()).toEqual([{ task: "t2" }]);
  expect(daily()).toMatchObject([{ day: "2026-01-05", tasks: 1 }, { day: "2028-01-06" }]);
});

test("what a run printed is kept for thirty days, and goes with its issue", () => {
  const packed = Buffer.from("packed");
  const [one, other] = [pastTask(), pastTask({ task: "t2", settledAt: Date.UTC(2026, 1, 1), number: 2 })];
  const outputs = [one, other].map(({ task }) => ({ task, epoch: 1, packed }));
  file.write({ tasks: [one, other], outputs: [...outputs, { task: "t3", epoch: 1, packed }] });
  file.write({ tasks: [one] });
  expect(file.output("t1", 1)).toEqual(new Uint8Array(packed));
  expect(file.output("t1", 2)).toBeUndefined();
  expect(file.output("t3", 1)).toBeUndefined();

  file.trim(Date.UTC(2026, 1, 6));
  expect(file.output("t1", 1)).toBeUndefined();
  expect(file.output("t2", 1)).toBeDefined();
  file.write({ tasks: [], forgotten: [{ repositoryId: 11, number: 2 }] });
  expect(file.output("t2", 1)).toBeUndefined();
});

test("of two that go on from the same place one writes", () => {
  const other = openHistory(path);
  file.write({ tasks: [], place: { from: undefined, to: "1-0" } });
  expect(other.write({ tasks: [pastTask()], place: { from: undefined, to: "1-0" } })).toBe(false);
  expect(contentOf(other.db)).toMatchObject({ tasks: [] });
  expect(other.write({ tasks: [pastTask()], place: { from: "1-0", to: "2-0" } })).toBe(true);
  expect(file.place()).toBe("2-0");
  other.close();
});

test("how far it goes is told without opening it for writing, and not of a file that is broken or not there", () => {
  expect(readPlace(path)).toBeUndefined();
  file.write({ tasks: [], place: { from: undefined, to: "7-1" } });
  expect(readPlace(path)).toBe("7-1");
  file.close();
  expect(readPlace(path)).toBe("7-1");
  writeFileSync(path, "no database");
  expect(readPlace(path)).toBeUndefined();
  expect(readPlace(join(dir, "none"))).toBeUndefined();
});

test("a file that is none is put aside, and a newer Orch's is left alone", () => {
  file.close();
  writeFileSync(path, "this is not a database, and is long enough to be looked at as one".repeat(40));
  file = openHistory(path);
  expect(file.place()).toBeUndefined();
  expect(existsSync(`${path}.unreadable`)).toBe(true);
  file.write({ tasks: [pastTask()] });
  file.close();

  const newer = new DatabaseSync(path);
  newer.exec("PRAGMA user_version = 999");
  newer.close();
  expect(() => openHistory(path)).toThrow("newer Orch");
  const untouched = new DatabaseSync(path);
  expect(untouched.prepare("SELECT count(*) AS n FROM tasks").get()).toEqual({ n: 1 });
  untouched.close();
});

test("a writer that is killed in the middle leaves whole transactions: the place and what belongs to it", async () => {
  file.close();
  for (let round = 0; round < 4; round++) {
    const writer = spawn(process.execPath, [join(import.meta.dirname, "endless-writer.ts"), path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let lines = 0;
    writer.stdout.on("data", (data: Buffer) => {
      lines += data.toString().split("\n").length - 1;
      if (lines > 5 + round * 7) writer.kill("SIGKILL");
    });
    await once(writer, "exit");
    file = openHistory(path);
    const nth = Number(file.place()?.split("-")[0]);
    expect(nth).toBeGreaterThan(5);
    const { n, most } = file.db.prepare("SELECT count(*) AS n, max(requested_at) AS most FROM tasks").get() as {
      n: number;
      most: number;
    };
    expect([n, most]).toEqual([nth * 3, nth]);
    expect(file.db.prepare("SELECT sum(tasks) AS n, sum(runs) AS runs FROM daily").get()).toEqual({ n, runs: n });
    expect(file.db.prepare("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
    file.close();
  }
});
