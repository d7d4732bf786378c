import { describe, expect, test } from "vitest";
import type { Verification } from "../../../src/task/progress.ts";
import { keepEnd } from "../../../src/text/bound.ts";
import { failureFingerprint, watchFailures } from "../../../workers/run/futile.ts";

const failed = (outputTail: string, more: Partial<Verification> = {}): Verification => ({
  command: "npm test",
  exitCode: 1,
  rounds: 1,
  outputTail,
  ...more,
});
const same = (one: string, other: string) => failureFingerprint(failed(one)) === failureFingerprint(failed(other));

describe("the same failure, although its output differs in", () => {
  test.each([
    ["times of TAP", "not ok 1 - adds\n  duration_ms: 12.513\n", "not ok 1 - adds\n  duration_ms: 9.1\n"],
    ["how long it took", "1 failed in 0.52s", "1 failed in 1.1s"],
    ["how long each test took", "✕ adds (12 ms)\nTime: 1.52 s", "✕ adds (3 ms)\nTime: 0.9 s"],
    ["the clock", "2026-11-27T14:03:11.512Z error: no", "2026-11-27T14:05:40Z error: no"],
    ["throw-away folders", "cannot open '/tmp/orch-a1B2/x'", "cannot open '/tmp/orch-zz99/y'"],
    ["ports", "connect ECONNREFUSED 127.0.0.1:41233", "connect ECONNREFUSED 127.0.0.1:39021"],
    ["addresses in memory", "<Foo object at 0x7f3a>", "<Foo object at 0x7fff>"],
    ["colours and blanks", "\u001b[31m1 failed\u001b[0m  here ", "1 failed here"],
    ["the order of its lines", "b fails\na fails\n", "a fails\nb fails\n"],
  ])("%s", (_, one, other) => expect(same(one, other)).toBe(true));

  test("where the beginning was cut off", () => {
    const lines = Array.from({ length: 400 }, (_, nth) => `test ${nth} of many fails`).join("\n");
    expect(same(keepEnd(`${"x".repeat(50)}\n${lines}`, 4_000), keepEnd(`xx\n${lines}`, 4_000))).toBe(true);
  });
});

describe("another failure, where", () => {
  test.each([
    ["another test fails", "not ok 1 - adds", "not ok 2 - adds"],
    ["it expected something else", "expected 4, was 5", "expected 4, was 6"],
    ["it is elsewhere", "add.js:4:7", "add.js:5:7"],
  ])("%s", (_, one, other) => expect(same(one, other)).toBe(false));

  test("another exit code tells of it", () => {
    expect(failureFingerprint(failed("no"))).not.toBe(failureFingerprint(failed("no", { exitCode: 2 })));
  });
});

describe("the agent is asked once more", () => {
  test("when it has made a commit, though the check fails as before", () => {
    const isSameAgain = watchFailures();
    expect([isSameAgain("sha1", failed("no")), isSameAgain("sha2", failed("no"))]).toEqual([false, false]);
  });

  test("when the same commits fail in another way", () => {
    const isSameAgain = watchFailures();
    expect([isSameAgain("sha1", failed("no")), isSameAgain("sha1", failed("other"))]).toEqual([false, false]);
  });

  test("but not when neither has changed", () => {
    const isSameAgain = watchFailures();
    expect([isSameAgain("sha1", failed("no")), isSameAgain("sha1", failed("no", { rounds: 2 }))]).toEqual([
      false,
      true,
    ]);
  });
});
