/** What a host may remove of plans: what their teams' tasks have been over with for as long as failed work is kept. */
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { expect, test } from "vitest";
import type { Reading } from "../../../src/task/record.ts";
import type { Task, TaskState } from "../../../src/task/task.ts";
import { clearOldPlans } from "../../../workers/run/clear-old-plans.ts";
import type { Shared } from "../../../workers/run/run.ts";
import { makeSpec } from "../../support/task-spec.ts";
import { temporaryFolder } from "../workspace/support.ts";

const DAY_MS = 24 * 3600_000;
const PLAN = "tbbbbbbbbbbbbbbb";
const known = (state: TaskState): Reading<Task> => ({
  kind: "known",
  record: { spec: makeSpec(), state, epoch: 1, version: 3, crashes: [], runs: [] },
});
const settledAt = (at: number): TaskState => ({ name: "settled", outcome: { kind: "no_changes", lastWords: "" }, at });

/** What is left of a plan with a try that an earlier life of the host left; `touched`: when, ms ago. */
async function leftOf(reading: Reading<Task>, { touched = 0, isAtWork = false } = {}): Promise<string[]> {
  const dataDir = temporaryFolder();
  const dir = join(dataDir, "host", "plans", PLAN);
  for (const name of ["store.git", "trial-1.git"]) mkdirSync(join(dir, name), { recursive: true });
  writeFileSync(join(dir, "trial-1.git", "HEAD"), "");
  const at = (Date.now() - touched) / 1000;
  utimesSync(dir, at, at);
  const operator = { limits: { keepFailedDays: 3 } };
  const store = { lookUp: async () => reading };
  const shared = { dataDir, store, operator, log: pino({ level: "silent" }) } as unknown as Shared;
  await clearOldPlans(shared, () => isAtWork);
  const plans = readdirSync(join(dataDir, "host", "plans"));
  return plans.length === 0 ? [] : readdirSync(dir);
}

test("a plan whose team is at work stays, and what tries have left goes once nobody works for it", async () => {
  const waiting = known({ name: "waiting", since: 1, reasons: [] });
  expect(await leftOf(waiting)).toEqual(["store.git"]);
  expect(await leftOf(waiting, { isAtWork: true })).toEqual(["store.git", "trial-1.git"]);
});

test("it goes when the team's task has been over for as long as failed work is kept", async () => {
  expect(await leftOf(known(settledAt(Date.now() - 2 * DAY_MS)))).toEqual(["store.git"]);
  expect(await leftOf(known(settledAt(Date.now() - 4 * DAY_MS)))).toEqual([]);
  expect(await leftOf(known(settledAt(Date.now() - 4 * DAY_MS)), { isAtWork: true })).toHaveLength(2);
});

test("a record in doubt keeps it, and one that is gone does for a long time", async () => {
  expect(await leftOf({ kind: "newer", format: 9 }, { touched: 400 * DAY_MS })).toEqual(["store.git"]);
  expect(await leftOf({ kind: "absent" }, { touched: 10 * DAY_MS })).toEqual(["store.git"]);
  expect(await leftOf({ kind: "absent" }, { touched: 400 * DAY_MS })).toEqual([]);
});
