/** What a host may remove: only what a record, once at least, has said the end of. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import type { Reading } from "../../../src/task/record.ts";
import type { Task, TaskState } from "../../../src/task/task.ts";
import { clearOldRuns } from "../../../workers/run/clear-old-runs.ts";
import type { Shared } from "../../../workers/run/run.ts";
import { createRunFolder } from "../../../workers/run/run-folder.ts";
import type { RunRecord } from "../../../workers/run/run-record.ts";
import { makeSpec } from "../../support/task-spec.ts";

const HOST = "h1";
const settled: TaskState = { name: "settled", outcome: { kind: "host_error", message: "x" }, at: 2 };
const runningOn = (host: string): TaskState => {
  return { name: "running", phase: "working", host, claim: "c", job: "j", since: 1, phaseSince: 1 };
};
const known = (state: TaskState, epoch = 1): Reading<Task> => {
  return { kind: "known", record: { spec: makeSpec(), state, epoch, version: 3, crashes: [], runs: [] } };
};

/** What of an old run is left: `folder` without an end unless it is given. */
async function leftOf(
  reading: Reading<Task>,
  folder?: Pick<RunRecord, "end" | "paused" | "waitsUntil">,
): Promise<string[]> {
  const dataDir = mkdtempSync(join(tmpdir(), "orch-clear-"));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const taskId = "tbbbbbbbbbbbbbbb";
  const [runs, workspaces] = ["runs", "workspaces"].map((name) => join(dataDir, "host", name)) as [string, string];
  mkdirSync(join(workspaces, taskId), { recursive: true });
  mkdirSync(runs);
  const record = { taskId, epoch: 1, jobId: "j", slot: 0, startedAt: 1, steps: [] };
  if (folder) createRunFolder(runs, { ...record, ...folder });
  const operator = { limits: { keepFailedDays: 3 } };
  const store = { lookUp: async () => reading };
  const shared = { dataDir, hostId: HOST, store, operator, log: pino({ level: "silent" }) } as unknown as Shared;
  await clearOldRuns(shared, () => false);
  return [...readdirSync(runs).map(() => "folder"), ...readdirSync(workspaces).map(() => "workspace")];
}

const all = ["folder", "workspace"];

const parked = { end: "told" as const, paused: { workedMs: 1 } };
test.each<[string, Reading<Task>]>([
  ["waits", known({ name: "waiting", since: 1, reasons: [] })],
  ["is about to go on", known({ name: "queued", since: 1 })],
  ["has a record in doubt", { kind: "newer", format: 3 }],
])("what is parked stays, however long its task %s", async (_, reading) => {
  expect(await leftOf(reading, parked)).toEqual(all);
});

test.each<[string, Reading<Task>]>([
  ["is over", known(settled)],
  ["has gone on elsewhere", known({ name: "waiting", since: 1, reasons: [] }, 2)],
  ["goes on elsewhere", known(runningOn("h2"), 2)],
])("what is parked and old goes when its task %s", async (_, reading) => {
  expect(await leftOf(reading, parked)).toEqual([]);
});

test("what was parked for longer than failed work is kept, is kept for as long after that", async () => {
  const DAY_MS = 24 * 3600_000;
  const waited = (daysAgo: number) => ({ ...parked, waitsUntil: Date.now() - daysAgo * DAY_MS });
  expect(await leftOf(known(settled), waited(2))).toEqual(all);
  expect(await leftOf(known(settled), waited(4))).toEqual([]);
});

test.each<[string, Reading<Task>]>([
  ["settled", known(settled)],
  ["running on another host", known(runningOn("h2"))],
  ["in a later run", known(runningOn(HOST), 2)],
])("what is old goes when the task is %s", async (_, reading) => {
  expect(await leftOf(reading, {})).toEqual([]);
  expect(await leftOf(reading, { end: "untold" })).toEqual([]);
});

test.each<[string, Reading<Task>]>([
  ["absent", { kind: "absent" }],
  ["newer", { kind: "newer", format: 3 }],
  ["unreadable", { kind: "unreadable", error: undefined }],
  ["older than the run", known({ name: "queued", since: 1 }, 0)],
  ["the run's own", known(runningOn(HOST))],
])("what is old stays while the record is %s, unless its end was told before", async (_, reading) => {
  expect(await leftOf(reading, {})).toEqual(all);
  expect(await leftOf(reading, { end: "untold" })).toEqual(all);
  expect(await leftOf(reading, { end: "told" })).toEqual([]);
  expect(await leftOf(reading)).toEqual(["workspace"]);
});

test("a workspace that no run knows of goes once the record says that its task is over", async () => {
  expect(await leftOf(known(settled))).toEqual([]);
});
