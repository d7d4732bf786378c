import { describe, expect, test } from "vitest";
import { branchOf, spareBranchOf, taskNamedBy } from "../../src/task/branch.ts";
import { envelopesOf } from "../../src/task/envelope.ts";
import { isOwnPlace, numberSign, ownPlaceOf } from "../../src/task/own-place.ts";
import { isAboutAll, subjectOf } from "../../src/task/subject.ts";
import { taskIdOf } from "../../src/task/task-id.ts";
import { makeSpec } from "../support/task-spec.ts";

const idOf = (key: string) => taskIdOf(11, { kind: "api", client: "ci", key });

function specOf(key: string, instruction: string) {
  const id = idOf(key);
  const number = ownPlaceOf(id);
  return makeSpec({ id, number, origin: { kind: "api", client: "ci", key }, instruction, title: instruction });
}

describe("a task under no issue", () => {
  test("has a number that no issue has, the same for its id and its short id, and another one than other tasks", () => {
    const ids = Array.from({ length: 500 }, (_, key) => idOf(String(key)));
    const numbers = new Set(ids.map(ownPlaceOf));
    expect(numbers.size).toBe(ids.length);
    for (const id of ids) {
      expect(ownPlaceOf(id.slice(0, 8))).toBe(ownPlaceOf(id));
      expect(isOwnPlace(ownPlaceOf(id))).toBe(true);
      expect(Number.isSafeInteger(ownPlaceOf(id))).toBe(true);
    }
    expect(isOwnPlace(2 ** 31)).toBe(false);
  });

  test("has a branch without a number, from which its place is found again", () => {
    const spec = specOf("one", "add a test for sum");
    expect(branchOf(spec)).toBe(`orch/task-add-a-test-for-sum-${spec.id.slice(0, 8)}`);
    for (const branch of [branchOf(spec), spareBranchOf(spec)]) {
      expect(taskNamedBy(branch)).toEqual({ number: spec.number, idBegins: spec.id.slice(0, 8) });
    }
    expect(taskNamedBy("orch/task-of-mine")).toBeUndefined();
  });

  test("closes nothing, and is called by its words", () => {
    const spec = specOf("one", "fix this issue");
    expect(isAboutAll(spec)).toBe(false);
    expect(subjectOf(spec)).toBe("Fix this issue");
  });

  test("is not shown with a number", () => {
    const spec = specOf("one", "add a test");
    expect(numberSign(spec.number)).toBe("");
    expect(numberSign(7)).toBe("#7");
    const labels = envelopesOf(spec, { conversation: { usd: 1 } }, 0)?.map(({ label }) => label);
    expect(labels).toContain("octo-org/calculator");
    expect(labels?.join()).not.toContain("#");
  });
});
