import { expect, test } from "vitest";
import { withRaise } from "../../src/task/raise.ts";
import { taskOfNode } from "./plans-made.ts";

const plain = taskOfNode("t1");
const team = { ...plain, spec: { ...plain.spec, team: true as const, budget: { usd: 2, tokens: 9 } } };
const node = {
  ...plain,
  spec: { ...plain.spec, node: { plan: "t2", id: "a", try: 1, home: "h1", share: 1, planBudget: { usd: 2 } } },
};

test("what a plan may use besides, its team's task and those of its nodes may", () => {
  expect(withRaise(team, { usd: 5 })?.spec.budget).toEqual({ usd: 5, tokens: 9 });
  expect(withRaise(node, { usd: 5 })?.spec.node?.planBudget).toEqual({ usd: 5 });
});

test("nobody gets less by it, and the same once more changes nothing", () => {
  expect(withRaise(team, { usd: 1 })).toBeUndefined();
  expect(withRaise(team, { usd: 2, tokens: 9 })).toBeUndefined();
  expect(withRaise(plain, { usd: 5 })).toBeUndefined();
});
