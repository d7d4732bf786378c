import { expect, test } from "vitest";
import { MOST_OF_PLAN } from "../../src/settings/plan-limits.ts";
import { capsOf, MOST_PLAN_CAPS, PLAN_CAPS } from "../../src/task/plan-caps.ts";

test("what nobody sets is as it is by default, and nobody sets more than the most", () => {
  expect(capsOf()).toEqual(PLAN_CAPS);
  expect(capsOf({ width: 5, nodes: 1_000 })).toEqual({ ...PLAN_CAPS, width: 5, nodes: MOST_PLAN_CAPS.nodes });
  expect(MOST_OF_PLAN).toEqual(MOST_PLAN_CAPS);
});

test("a repository gets less than its operator lets it have, and never more", () => {
  const repository = { width: 2, nodes: 30, depth: 0, runsPerNode: 3, managerRuns: 0 };
  expect(capsOf({}, repository)).toEqual({ width: 2, nodes: 12, depth: 0, runsPerNode: 3, managerRuns: 0 });
  expect(capsOf({ width: 1, nodes: 40 }, repository)).toMatchObject({ width: 1, nodes: 30 });
});
