import { describe, expect, test } from "vitest";
import { needsNobody } from "../../src/task/auto-approval.ts";
import { type PlanProposal, planProposalSchema } from "../../src/task/plan-proposal.ts";
import type { Amounts } from "../../src/text/budget.ts";

const planOf = (...budgets: (Amounts | undefined)[]): PlanProposal =>
  planProposalSchema.parse({
    goal: "Move to ESM",
    nodes: budgets.map((budget, index) => ({
      ...{ id: `n${index}`, title: "Move it", instruction: "Move it.", role: "developer", scope: ["src/**"] },
      ...{ deliverable: "It is moved", check: "npm test", ...(budget && { budget }) },
    })),
  });
const within = { nodes: 3, budget: { usd: 3, tokens: 900_000 } };

describe("a plan needs nobody's approval", () => {
  test("where it is as small as the repository's file says, in nodes and in every unit that is limited", () => {
    expect(needsNobody(planOf({ usd: 1, tokens: 400_000 }, { usd: 2, tokens: 500_000 }), within)).toBe(true);
  });

  test.each([
    ["the file says nothing", planOf({ usd: 1, tokens: 1 }), undefined],
    ["it has more nodes", planOf(...Array.from({ length: 4 }, () => ({ usd: 0.1, tokens: 1 }))), within],
    ["its nodes may use more together", planOf({ usd: 2, tokens: 1 }, { usd: 1.01, tokens: 1 }), within],
    ["a node may use as much as it likes", planOf({ usd: 1, tokens: 1 }, undefined), within],
    ["a node does not say how much of one unit", planOf({ usd: 1 }), within],
  ])("not where %s", (_why, plan, limit) => {
    expect(needsNobody(plan, limit)).toBe(false);
  });
});
