import { expect, test } from "vitest";
import { branchOf, taskIdOfBranch } from "../../src/task/task.ts";
import { isTaskId, taskIdOf } from "../../src/task/task-id.ts";
import { makeSpec } from "../support/task-spec.ts";

test("the same comment line is the same task, whoever asks", () => {
  expect(taskIdOf(11, 501, 1)).toBe(taskIdOf(11, 501, 1));
});

test("10,000 neighbouring commands have 10,000 ids, all legal as folder, branch, job and session name", () => {
  const ids = Array.from({ length: 10_000 }, (_, index) =>
    taskIdOf(1 + (index % 10), 500 + Math.floor(index / 10), index % 3),
  );
  expect(new Set(ids).size).toBe(10_000);
  expect(ids.every((id) => isTaskId(id) && /^[a-z][a-z0-9]{15}$/.test(id))).toBe(true);
});

test("a task is found by its branch, and by no other branch", () => {
  const spec = makeSpec();
  expect(taskIdOfBranch(branchOf(spec))).toBe(spec.id);
  expect(taskIdOfBranch(`${branchOf(spec)}-2`)).toBe(spec.id);
  for (const branch of [
    "main",
    `orch/${spec.id}`,
    `x/orch/1-${spec.id}`,
    `orch/1-${spec.id}x`,
    "orch/1-TAAAAAAAAAAAAAAA",
  ]) {
    expect(taskIdOfBranch(branch)).toBeUndefined();
  }
});
