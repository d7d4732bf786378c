import { describe, expect, test } from "vitest";
import { judge, PULL_REQUEST_DEADLINE_MS } from "../../src/reconcile/verdict.ts";
import { QUEUE_DEADLINE_MS } from "../../src/task/deadlines.ts";
import { LOST_AFTER_MS } from "../../src/task/heartbeat.ts";
import type { HostView } from "../../src/task/hosts.ts";
import { LOCK_MS } from "../../src/task/queue.ts";
import type { Task, TaskState } from "../../src/task/task.ts";
import { makeSpec } from "../support/task-spec.ts";

const START = 1_700_000_000_000;
const GONE = LOST_AFTER_MS + LOCK_MS;

function taskIn(state: TaskState, more: Partial<Task> = {}): Task {
  return { spec: makeSpec(), state, epoch: 1, version: 1, crashes: [], runs: [], ...more };
}
const queued = taskIn({ name: "queued", since: START });
const runningState: TaskState = {
  name: "running",
  phase: "working",
  host: "host-a",
  claim: "claim-a",
  job: "job-1",
  since: START,
  phaseSince: START,
};
const hostHeard = (lastBeat: number): HostView[] => [{ id: "host-a", lastBeat } as HostView];
const cancel = { kind: "command", by: "maintainer" } as const;

describe("a queued task", () => {
  test("needs a job once whoever wrote it had time to add one", () => {
    expect(judge(queued, { now: START + 9_999, hosts: [] })).toEqual({ kind: "leave" });
    expect(judge(queued, { now: START + 10_000, hosts: [] })).toEqual({ kind: "needs_job" });
  });

  test("ends after a day", () => {
    expect(judge(queued, { now: START + QUEUE_DEADLINE_MS, hosts: [] })).toMatchObject({
      kind: "give_up",
      outcome: { kind: "timed_out", deadline: "queued" },
    });
  });

  test("does not end while all is paused, and has its whole day again afterwards", () => {
    const now = START + 3 * QUEUE_DEADLINE_MS;
    const pause = { since: START, by: "root" };
    expect(judge(queued, { now, hosts: [], paused: { pause } })).toEqual({ kind: "needs_job" });
    const paused = { resumedAt: now - 1_000 };
    expect(judge(queued, { now, hosts: [], paused })).toEqual({ kind: "leave" });
    expect(judge(queued, { now: now + QUEUE_DEADLINE_MS, hosts: [], paused })).toMatchObject({ kind: "give_up" });
  });
});

describe("a running task", () => {
  const running = taskIn(runningState);
  const now = START + 3_600_000;

  test("belongs to its host, but its job must be there", () => {
    expect(judge(running, { now: START + 9_999, hosts: hostHeard(START) })).toEqual({ kind: "leave" });
    expect(judge(running, { now, hosts: hostHeard(now - 5_000) })).toEqual({ kind: "needs_job" });
    expect(judge(running, { now, hosts: hostHeard(now - GONE) })).toEqual({ kind: "needs_job" });
  });

  test("is cancelled by us only when its host can have no lock any more", () => {
    const cancelled = taskIn(runningState, { cancel });
    expect(judge(cancelled, { now, hosts: hostHeard(now - GONE + 1) })).toEqual({ kind: "needs_job" });
    const ended = { kind: "give_up", outcome: { kind: "cancelled", reason: cancel } };
    expect(judge(cancelled, { now, hosts: hostHeard(now - GONE) })).toEqual(ended);
    expect(judge(cancelled, { now, hosts: [] })).toEqual(ended);
  });

  test("of which three hosts have died in a row ends at once, whichever host has it", () => {
    const crashes = [now - 3, now - 2, now - 1];
    expect(judge(taskIn(runningState, { crashes }), { now, hosts: hostHeard(now) })).toMatchObject({
      kind: "give_up",
      outcome: { kind: "host_error", message: expect.stringContaining("died 3 times") },
    });
    expect(judge(taskIn(runningState, { crashes, cancel }), { now, hosts: [] })).toMatchObject({
      outcome: { kind: "cancelled", reason: cancel },
    });
  });

  describe("whose branch is pushed", () => {
    const sha = "0".repeat(40);
    const pushed = { branch: "orch/7-t", sha, base: "main", files: 1, additions: 1, deletions: 0, commits: 1 };
    const task = taskIn(runningState, { cancel, pushed });

    test("is the report's, which must not have forgotten it", () => {
      expect(judge(task, { now: START + 9_999, hosts: [] })).toEqual({ kind: "leave" });
      expect(judge(task, { now: START + 10_000, hosts: [] })).toEqual({ kind: "needs_report" });
      expect(judge(task, { now: START + PULL_REQUEST_DEADLINE_MS - 1, hosts: [] })).toEqual({ kind: "needs_report" });
    });

    test("ends after a day without a pull request, and its branch is named", () => {
      expect(judge(task, { now: START + PULL_REQUEST_DEADLINE_MS, hosts: [] })).toEqual({
        kind: "give_up",
        outcome: { kind: "refused", reason: expect.stringContaining("orch/7-t") },
      });
    });
  });

  test("ends when its host was not heard of for a day", () => {
    expect(judge(running, { now: START + QUEUE_DEADLINE_MS, hosts: [] })).toMatchObject({
      kind: "give_up",
      outcome: { kind: "host_error" },
    });
  });
});

test("a settled task is left alone", () => {
  const settled = taskIn({ name: "settled", at: START, outcome: { kind: "no_changes", lastWords: "" } });
  expect(judge(settled, { now: START * 2, hosts: [] })).toEqual({ kind: "leave" });
});
