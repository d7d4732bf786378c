import { expect, test } from "vitest";
import { branchOf, spareBranchOf, taskIdOfBranch } from "../../src/task/branch.ts";
import type { Origin } from "../../src/task/origin.ts";
import { isTaskId, taskIdOf } from "../../src/task/task-id.ts";
import { origins } from "../support/origins.ts";
import { idOfComment, makeSpec } from "../support/task-spec.ts";

test("the same wish is the same task, whatever else is said of it", () => {
  const again = { ...origins.comment, url: "https://elsewhere.test/1" };
  expect(taskIdOf(11, again)).toBe(taskIdOf(11, origins.comment));
  expect(taskIdOf(11, { ...origins.label, label: "Orch" })).toBe(taskIdOf(11, origins.label));
});

test("what tells two wishes apart tells their tasks apart, for every kind of origin", () => {
  const { comment, label, check, schedule, api } = origins;
  const others: Origin[] = [
    ...Object.values(origins),
    { ...comment, line: 2 },
    { ...comment, id: 502 },
    { ...label, digest: "ac" },
    { ...check, digest: "ac" },
    { ...schedule, dueAt: 1 },
    { ...schedule, name: "nightly|1700000000000" },
    { ...api, key: "43" },
    // However the names are put together, they are not taken for others.
    { ...api, client: "a|b", key: "c" },
    { ...api, client: "a", key: "b|c" },
  ];
  expect(new Set(others.map((origin) => taskIdOf(11, origin))).size).toBe(others.length);
});

test("the id of a comment's task has not changed since comments were the only origin", () => {
  expect(taskIdOf(700001, { kind: "comment", id: 3100000001, line: 1, url: "" })).toBe("t4mf5qcd2eit3qvm");
});

test("10,000 neighbouring commands have 10,000 ids, all legal as folder, branch, job and session name", () => {
  const ids = Array.from({ length: 10_000 }, (_, index) =>
    idOfComment(1 + (index % 10), 500 + Math.floor(index / 10), index % 3),
  );
  expect(new Set(ids).size).toBe(10_000);
  expect(ids.every((id) => isTaskId(id) && /^[a-z][a-z0-9]{15}$/.test(id))).toBe(true);
});

test("a task is found by its branch, and by no other branch", () => {
  const spec = makeSpec();
  expect(taskIdOfBranch(branchOf(spec))).toBe(spec.id);
  expect(taskIdOfBranch(spareBranchOf(spec))).toBe(spec.id);
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
