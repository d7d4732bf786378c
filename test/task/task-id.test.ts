import { expect, test } from "vitest";
import { branchOf, spareBranchOf, taskNamedBy, taskOfBranch } from "../../src/task/branch.ts";
import type { Origin } from "../../src/task/origin.ts";
import type { Task } from "../../src/task/task.ts";
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

const task = { spec: makeSpec() } as Task;
const store = {
  idsOfIssue: async (repositoryId: number, number: number) =>
    repositoryId === task.spec.repository.id && number === 1 ? ["taaaaaaaaaaaaaaa", task.spec.id] : [],
  readMany: async (ids: readonly string[]) => (ids.includes(task.spec.id) ? [task] : []),
};
const { id } = task.spec;
const short = id.slice(0, 8);

test("a branch says what it is about, and which task's it is", () => {
  expect(branchOf(task.spec)).toBe(`orch/1-fix-the-failing-tests-${short}`);
  expect(spareBranchOf(task.spec)).toBe(`orch/1-fix-the-failing-tests-${short}-2`);
});

test("a task is found by its branch, also by one of before branches had words, and by no other branch", async () => {
  const ours = [branchOf(task.spec), spareBranchOf(task.spec), `orch/1-${id}`, `orch/1-${id}-2`, `orch/1-${short}`];
  for (const branch of ours) expect((await taskOfBranch(store, 11, branch))?.spec.id, branch).toBe(id);
  expect(await taskOfBranch(store, 12, branchOf(task.spec))).toBeUndefined();
  expect(await taskOfBranch(store, 11, `orch/2-${short}`)).toBeUndefined();
  expect(await taskOfBranch(store, 11, "orch/1-tomorrow")).toBeUndefined();
  for (const branch of ["main", `orch/${id}`, `x/orch/1-${id}`, `orch/1-${id}x`, "orch/1-TAAAAAAAAAAAAAAA"])
    expect(taskNamedBy(branch), branch).toBeUndefined();
});
