import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readArms } from "../../src/history/arms.ts";
import { type HistoryFile, openHistory } from "../../src/history/history-file.ts";
import { interval, percentiles } from "../../src/history/numbers.ts";
import { readStats } from "../../src/history/stats.ts";
import { pastRun, pastTask } from "./past-task.ts";

let dir: string;
let file: HistoryFile;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "orch-stats-"));
  file = openHistory(join(dir, "history.sqlite"));
});
afterEach(() => {
  file.close();
  rmSync(dir, { recursive: true, force: true });
});

const HOUR = 3600_000;
const day = (nth: number) => Date.UTC(2026, 0, nth);

test("each agent's work is told by what was merged, what it cost and how long it took", () => {
  file.write({
    tasks: [
      pastTask({ task: "t1", merged: true, requestedAt: day(5), settledAt: day(5) + HOUR, queuedMs: 1_000 }),
      pastTask({ task: "t2", requestedAt: day(6), settledAt: day(6) + 3 * HOUR, queuedMs: 5_000, closedAt: 1 }),
      pastTask({
        task: "t3",
        outcome: "verify_failed",
        pull: undefined,
        runs: [pastRun({ rounds: 3, costUsd: undefined })],
      }),
      pastTask({
        task: "t4",
        outcome: "host_error",
        agent: "codex",
        runs: [pastRun({ end: "lost" }), pastRun({ epoch: 2 })],
      }),
      pastTask({ task: "t5", outcome: "cancelled", settledAt: day(1), agent: "codex", runs: [] }),
      pastTask({ task: "t0", settledAt: Date.UTC(2025, 0, 1) }),
    ],
  });
  const { groups, days, recoveries, hosts, spenders } = readStats(file.db, {
    by: ["agent"],
    since: "2026-01-01",
    now: day(8),
  });
  expect(groups).toMatchObject([
    {
      of: { agent: "claude" },
      tasks: 3,
      pullRequests: 2,
      merged: 1,
      closed: 1,
      couldNotRun: 0,
      costUsd: 1,
      costUnknown: 1,
      costPerMerged: 1,
      verifyRounds: 1.67,
      toPullRequest: { n: 2, p50: HOUR, p95: 3 * HOUR },
      queued: { n: 3, p50: 2_000, p95: 5_000 },
      mergeRate: { rate: 1 / 3 },
    },
    { of: { agent: "codex" }, tasks: 0, couldNotRun: 1, costUsd: 1 },
  ]);
  expect(days).toEqual([
    { day: "2026-01-01", pullRequests: 0, noChanges: 0, failed: 0, couldNotRun: 0, others: 1 },
    { day: "2026-01-05", pullRequests: 1, noChanges: 0, failed: 1, couldNotRun: 1, others: 0 },
    { day: "2026-01-06", pullRequests: 1, noChanges: 0, failed: 0, couldNotRun: 0, others: 0 },
  ]);
  expect(recoveries).toEqual({ hostRestarts: 0, lostRuns: 1, takenUp: 0 });
  expect(hosts).toEqual([{ host: "h1", runs: 5, busyMs: 5 * 60_000, busySlots: 0 }]);
  expect(spenders.tasks[0]).toEqual({ name: "t4", costUsd: 1 });
  expect(spenders.persons).toEqual([{ name: "maintainer", costUsd: 2 }]);
});

test("without groups there is one line for all, and none of a time in which nothing was over", () => {
  file.write({ tasks: [pastTask(), pastTask({ task: "t2", agent: "codex" })] });
  expect(readStats(file.db, { by: [], since: "2026-01-01", now: day(8) }).groups).toMatchObject([{ of: {}, tasks: 2 }]);
  expect(readStats(file.db, { by: [], since: "2027-01-01", now: day(8) }).groups).toEqual([]);
  expect(
    readStats(file.db, { by: ["agent", "kind", "repository", "model"], since: "2026-01-01", now: day(8) }).groups,
  ).toHaveLength(2);
});

test("what a choice of agents learns from is summed up by class of work, and what says nothing of an agent is not in it", () => {
  file.write({
    tasks: [
      pastTask({ task: "t1", merged: true, closedAt: 1, settledAt: day(5) }),
      pastTask({ task: "t2", settledAt: day(20), pull: 8 }),
      pastTask({ task: "t3", settledAt: day(1), pull: 9 }),
      pastTask({ task: "t4", settledAt: day(6), outcome: "verify_failed", runs: [pastRun({ costUsd: undefined })] }),
      ...(["host_error", "cancelled", "out_of_budget", "refused"] as const).map((outcome, nth) =>
        pastTask({ task: `t1${nth}`, settledAt: day(7), outcome }),
      ),
      pastTask({ task: "t5", settledAt: day(8), size: "large" }),
      pastTask({ task: "t6", settledAt: Date.UTC(2025, 8, 1), merged: true }),
    ],
  });
  expect(readArms(file.db, day(22))).toMatchObject([
    { agent: "claude", size: "small", last: "2026-01-20", tasks: 4, merged: 1, pending: 1, costUsd: 1.5, costed: 3 },
    { size: "large", tasks: 1, pending: 1 },
  ]);
});

test("a clock that was set while a task was at work makes no time less than nothing, and none without end", () => {
  const [back, ahead] = [pastRun({ startedAt: 61_000, endedAt: 1_000 }), pastRun({ epoch: 2, endedAt: 8.64e15 })];
  const tasks = ["t1", "t2", "t3"].map((task) =>
    pastTask({ task, settledAt: Date.UTC(2026, 0, 5), runs: [back, ahead] }),
  );
  file.write({ tasks });
  const now = Date.UTC(2026, 0, 6);
  const { groups, hosts } = readStats(file.db, { by: ["agent"], since: "2026-01-01", now });
  expect(groups[0]?.toPullRequest).toEqual({ n: 3, p50: 0, p95: 0 });
  expect(hosts).toMatchObject([{ runs: 6, busyMs: 3 * 30 * 24 * 3600_000 }]);
});

test("a share says no more than is known, and a percentile is a value that there was", () => {
  const few = interval(1, 1);
  expect([few.rate, few.to]).toEqual([1, 1]);
  expect(few.from).toBeCloseTo(0.27, 2);
  const many = interval(500, 1_000);
  expect(many.to - many.from).toBeCloseTo(0.052, 3);
  expect(percentiles([5])).toEqual({ n: 1, p50: 5, p95: 5 });
  expect(percentiles(Array.from({ length: 100 }, (_, nth) => nth + 1))).toEqual({ n: 100, p50: 50, p95: 95 });
});
