import { expect, test } from "vitest";
import type { Verification } from "../../../src/task/progress.ts";
import { keepCheck, readCheck } from "../../../workers/integrate/kept-checks.ts";
import { failsAsBefore } from "../../../workers/integrate/same-failure.ts";
import { temporaryFolder } from "../workspace/support.ts";

const check = (outputTail: string, exitCode = 1): Verification => ({
  command: "npm test",
  exitCode,
  rounds: 1,
  outputTail,
});
const before = check("ok 1 - adds\nnot ok 2 - divides\n# tests 2\n# fail 1\nduration_ms 12.5\n");

test("a check that fails where it failed before is not held against the work, also with more tests in it", () => {
  const now = check("ok 1 - adds\nok 2 - subtracts\nnot ok 3 - divides\n# tests 3\n# fail 1\nduration_ms 99\n");
  expect(failsAsBefore(now, before)).toBe(true);
});

test("a failure that was not there before is held against the work, also beside the old one", () => {
  expect(failsAsBefore(check("not ok 1 - adds\nnot ok 2 - divides\n# fail 2\n"), before)).toBe(false);
});

test("a check that passed before, or ends in another way, is held against the work", () => {
  expect(failsAsBefore(before, check("fine", 0))).toBe(false);
  expect(failsAsBefore({ ...before, exitCode: 2 }, before)).toBe(false);
  expect(failsAsBefore({ ...before, command: "make" }, before)).toBe(false);
});

test("where no line speaks of a failure, all that was printed counts", () => {
  expect(failsAsBefore(check("boom 1\n"), check("boom 2\n"))).toBe(true);
  expect(failsAsBefore(check("bang\n"), check("boom\n"))).toBe(false);
});

test("what a check has said of a commit is kept by commit and command", () => {
  const of = { dataDir: temporaryFolder(), plan: "tplan", sha: "a".repeat(40), command: ["npm", "test"] };
  expect(readCheck(of)).toBeUndefined();
  keepCheck(of, before);
  expect(readCheck(of)).toEqual(before);
  expect(readCheck({ ...of, command: ["make"] })).toBeUndefined();
  expect(readCheck({ ...of, sha: "b".repeat(40) })).toBeUndefined();
});
