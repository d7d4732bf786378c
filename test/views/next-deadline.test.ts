import { expect, test } from "vitest";
import type { Task } from "../../src/task/task.ts";
import { limitsOn, nextDeadline } from "../../src/views/next-deadline.ts";
import { ACCEPTED_AT, limits, pushed, runningTask } from "../report/sample-tasks.ts";

const MINUTE = 60_000;
const BEGAN = ACCEPTED_AT + 3_000;

function next(task: Task, lastOutputAt?: number) {
  if (task.state.name !== "running") throw new Error("it does not run");
  return nextDeadline(task, task.state, limits, lastOutputAt);
}

const silent = (phase: "preparing" | "working" | "verifying" | "publishing") => runningTask(phase, { progress: {} });

test.each([
  ["preparing", "preparing", 10],
  ["working", "first_output", 5],
  ["verifying", "verifying", 20],
  ["publishing", "publishing", 25],
] as const)("%s: the deadline %s, from the beginning of the phase", (phase, deadline, minutes) => {
  expect(next(silent(phase))).toEqual({ deadline, at: BEGAN + minutes * MINUTE });
});

test("once the agent has spoken, silence counts from its last output, and the run's whole time in the end", () => {
  expect(next(silent("working"), BEGAN + MINUTE)).toEqual({ deadline: "silence", at: BEGAN + 16 * MINUTE });
  expect(next(runningTask("working"), BEGAN)).toMatchObject({ deadline: "silence" });
  expect(next(silent("working"), BEGAN + 50 * MINUTE)).toEqual({ deadline: "total", at: BEGAN + 60 * MINUTE });
});

test("what is on GitHub has no deadline of the host's any more", () => {
  expect(next(runningTask("publishing", { pushed }))).toBeUndefined();
});

test("of a setup command nobody tells when it began, so its deadline is not known", () => {
  expect(next(runningTask("preparing", { progress: { agent: "scripted" } }))).toBeUndefined();
});

test("a role has as much time as its operator gives it, and never more than any task", () => {
  const host = { limits, roles: { reviewer: { totalMinutes: 20 }, tester: { totalMinutes: 900 }, planner: {} } };
  expect(limitsOn(host, { role: "reviewer" })).toEqual({ ...limits, totalMinutes: 20 });
  expect(limitsOn(host, { role: "tester" })).toEqual(limits);
  expect(limitsOn(host, { team: true })).toEqual(limits);
  expect(limitsOn({}, { role: "reviewer" })).toBeUndefined();
});
