import { describe, expect, test } from "vitest";
import { branchOf } from "../../src/task/branch.ts";
import { isAboutAll, slugOf, subjectOf } from "../../src/task/subject.ts";
import { isBranchName } from "../../workers/workspace/branch-name.ts";
import { makeSpec } from "../support/task-spec.ts";
import { inputs } from "../text/hostile-text.ts";

const asked = (instruction: string, title = "The sum is off by one") => makeSpec({ instruction, title });

describe("a request that means the whole issue", () => {
  test.each([
    "fix this",
    "Fix this!",
    "please fix it",
    "fix this issue",
    "could you fix the bug please",
    "implement this",
    "implement this feature request, with tests",
    "resolve the issue.",
    "fix this by rounding up",
    "fix it: the sum has to be rounded",
    "work on this",
    "take care of this",
    "do it",
    "go ahead",
    "fix",
    "fix #1",
    "repair the rounding, which closes #1",
    "go ahead and implement it",
  ])("%s", (instruction) => {
    expect(isAboutAll(asked(instruction))).toBe(true);
    expect(subjectOf(asked(instruction))).toBe("The sum is off by one");
    expect(slugOf(asked(instruction))).toBe("the-sum-is-off-by");
  });

  test("a label asks for nothing else", () => {
    const origin = { kind: "label" as const, digest: "x", label: "orch" };
    expect(isAboutAll({ ...asked("do what it asks"), origin })).toBe(true);
  });
});

test.each([
  "add a test",
  "fix the failing tests",
  "fix this test",
  "fix the bugs in the parser",
  "do not fix this",
  "fix #12",
  "explain how to fix this",
  "implement the first part",
  "write a regression test for this bug",
  "fixture",
])("who asks to “%s” does not mean the issue to be closed", (instruction) => {
  expect(isAboutAll(asked(instruction))).toBe(false);
});

test("where the repository asks by itself, its issue is never meant as a whole: it is there for the next time", () => {
  const { actor: _, ...spec } = asked("fix this issue");
  expect(isAboutAll(spec)).toBe(false);
});

test("the request is the subject, in its own words", () => {
  expect(subjectOf(asked("add a test for the sum."))).toBe("Add a test for the sum");
  expect(subjectOf(asked("npm-install fails, repair it"))).toBe("npm-install fails, repair it");
  expect(subjectOf(asked("add @octo/tool [skip ci] as in #12"))).toBe("Add octo/tool (skip ci) as in no. 12");
  expect(subjectOf(asked("x".repeat(300)))).toHaveLength(72);
  expect(subjectOf(asked("@"))).not.toBe("");
});

test("whatever is asked for, the branch can be made, typed and pasted", () => {
  expect(slugOf(asked("Répare l'été & “quotes”!"))).toBe("repare-lete-quotes");
  expect(slugOf(asked("テストを直して"))).toBe("");
  for (const input of [...inputs, "テストを直して", "a".repeat(5_000), "--help", "..", "refs/heads/x.lock"]) {
    const branch = branchOf(asked(input, input));
    expect(branch).toMatch(/^orch\/1-(?:[a-z0-9]+-)*t[a-z2-7]{7}$/);
    expect(branch.length).toBeLessThan(70);
    expect(isBranchName(branch)).toBe(true);
  }
});

test("a branch of ours gives away no credential", () => {
  expect(slugOf(asked("use ghp_16C7e42F292c6912E7710c838347Ae178B4a"))).toBe("use-redacted");
});
