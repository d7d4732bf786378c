import { describe, expect, test } from "vitest";
import { isProven } from "../../demo/summary.ts";

describe("the demo succeeds", () => {
  const good = {
    draft: true,
    check: "success",
    before: { passed: 3, failed: 2 },
    after: { passed: 5, failed: 0 },
    violations: 0,
  };

  test("with a draft whose tests pass, all that were there before, and a good check run", () => {
    expect(isProven(good)).toBe(true);
    expect(isProven({ ...good, after: { passed: 6, failed: 0 } })).toBe(true);
  });

  test.each([
    ["deletes the tests", { after: { passed: 0, failed: 0 } }],
    ["deletes those that failed", { after: { passed: 3, failed: 0 } }],
    ["leaves a test red", { after: { passed: 5, failed: 1 } }],
    ["pushes nothing", { after: undefined }],
    ["had nothing to mend", { before: { passed: 5, failed: 0 } }],
    ["gets no check run", { check: "none" }],
    ["gets a check run that says no", { check: "neutral" }],
    ["opens no draft", { draft: false }],
    ["breaks GitHub's schema", { violations: 1 }],
  ])("but not when the agent or Orch %s", (_what, seen) => {
    expect(isProven({ ...good, ...seen })).toBe(false);
  });
});
