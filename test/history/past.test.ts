import { expect, test } from "vitest";
import { kindOf, pastOf } from "../../src/history/past.ts";
import { timesOf } from "../../src/history/times.ts";
import type { Progress } from "../../src/task/progress.ts";
import type { Task } from "../../src/task/task.ts";
import { makeSpec } from "../support/task-spec.ts";

const event = (at: number, what: string, detail: Record<string, unknown> = {}) => ({ at, what, detail });

test("a task waits for a slot until its first run begins, and its phases are told apart, rounds added up", () => {
  const events = [
    event(0, "waiting"),
    event(100, "ready"),
    event(150, "ready"),
    event(400, "claimed"),
    event(500, "phase", { phase: "working" }),
    event(700, "phase", { phase: "verifying" }),
    event(750, "phase", { phase: "working" }),
    event(800, "parked"),
    event(5_000, "ready"),
    event(6_000, "claimed"),
    event(6_100, "phase", { phase: "publishing" }),
  ];
  expect(timesOf(events, 6_400)).toEqual({
    queuedMs: 300,
    phases: { preparing: 200, working: 250, verifying: 50, publishing: 300 },
  });
  expect(timesOf([event(0, "queued")], 10)).toEqual({ phases: {} });
});

test("the kind of a task is known before it begins", () => {
  const spec = makeSpec();
  expect(kindOf(spec)).toBe("issue");
  expect(kindOf({ ...spec, plan: true })).toBe("plan");
  expect(kindOf({ ...spec, origin: { kind: "schedule", name: "nightly", dueAt: 1 } })).toBe("schedule");
  expect(kindOf({ ...spec, origin: { kind: "review", id: 1, line: 1, url: "" } })).toBe("review");
});

test("nothing of what was asked or said is remembered, and a model's name is bounded", () => {
  const spec = makeSpec({ instruction: "a secret wish", title: "a secret title" });
  const task: Task = {
    spec,
    state: { name: "settled", outcome: { kind: "no_changes", lastWords: "secret words" }, at: 9 },
    agent: "claude",
    epoch: 1,
    version: 4,
    crashes: [],
    runs: [
      { number: 1, host: "h1", startedAt: 5, progress: { model: `opus\n${"x".repeat(500)}`, lastLines: "secret" } },
    ],
  };
  const past = pastOf(task, [event(7, "crashed")]);
  expect(JSON.stringify(past)).not.toContain("secret");
  expect(past).toMatchObject({ outcome: "no_changes", restarts: 1, merged: false, person: "maintainer" });
  expect(past?.model.length).toBeLessThanOrEqual(80);
  expect(pastOf({ ...task, state: { name: "queued", since: 1 } }, [])).toBeUndefined();
});

test("of what is stated of a run that is no number, or none that anybody can have used, as much is known as can be", () => {
  const told = { inputTokens: 1e15, outputTokens: 2.4, costUsd: "much", model: { of: "objects" }, verification: 7 };
  const run = { number: 1.5, host: "h1", startedAt: 1e300, endedAt: 7.2, progress: told as unknown as Progress };
  const task: Task = {
    spec: makeSpec({ model: "opus" }),
    state: { name: "settled", outcome: { kind: "no_changes", lastWords: "" }, at: 1e300 },
    ...{ agent: "claude", epoch: 1, version: 4, crashes: [], runs: [run] },
  };
  const past = pastOf(task, []);
  expect(past).toMatchObject({ model: "opus", settledAt: 8.64e15 });
  expect(past?.runs[0]).toMatchObject({ epoch: 2, startedAt: 8.64e15, endedAt: 7, inputTokens: 1e12, outputTokens: 2 });
  expect([past?.runs[0]?.costUsd, past?.runs[0]?.rounds]).toEqual([undefined, undefined]);
});
