import { describe, expect, test } from "vitest";
import { beyondOf, type Funds, mayGrowTo } from "../../src/task/beyond.ts";
import type { Plan, PlanNode } from "../../src/task/plan.ts";
import { PLAN_CAPS } from "../../src/task/plan-caps.ts";
import { makePlan, planNode } from "./plans-made.ts";

const before = makePlan([planNode("a", { scope: ["src/**"] }), planNode("b", { scope: ["docs/*.md"] })], {
  approved: { nodes: 2 },
});
const more = (...added: PlanNode[]): Plan => ({ ...before, nodes: [...before.nodes, ...added] });
const node = (id: string, changes: Partial<PlanNode> = {}) => planNode(id, { scope: [`src/${id}.ts`], ...changes });
const exceeds = (after: Plan, funds?: Funds) => beyondOf(before, after, funds).exceeds;

describe("what goes beyond what was approved", () => {
  test("is nothing of a plan that grows a little, within its own files, roles and servers", () => {
    expect(beyondOf(before, more(node("c"), node("d", { scope: ["docs/new.md"] })))).toEqual({ problems: [] });
  });

  test("is more nodes than half as many again, or than two more", () => {
    const grown = more(node("c"), node("d"), node("e"));
    expect(exceeds(grown)).toEqual({ nodes: { would: 5, most: 4 } });
    expect([1, 2, 4, 6, 9].map((nodes) => mayGrowTo({ approved: { nodes }, caps: PLAN_CAPS }))).toEqual([
      3, 4, 6, 9, 12,
    ]);
  });

  test("is not a node in the place of another one", () => {
    const replaced = { ...planNode("b"), state: { name: "superseded" as const, at: 1 } };
    const four = { ...before, approved: { nodes: 1 }, nodes: [...before.nodes, node("x")] };
    const after = { ...four, nodes: [four.nodes[0] as PlanNode, replaced, node("x"), node("c")] };
    expect(beyondOf(four, after)).toEqual({ problems: [] });
  });

  test("is files, roles and servers that no node had", () => {
    const other = node("c", { scope: ["src/c.ts", "infra/**"], role: "reviewer", servers: ["db"] });
    expect(exceeds(more(other))).toEqual({ scopes: ["infra/**"], roles: ["reviewer"], servers: ["db"] });
  });

  test("is more than a repository lets begin without a word, where nobody gave one", () => {
    const small = { ...before, approved: { nodes: 2, within: { nodes: 3, budget: { usd: 3 } } } };
    const nodes = small.nodes.map((each) => ({ ...each, budget: { usd: 1 } }));
    const grown = (usd: number) => ({ ...small, nodes: [...nodes, node("c", { budget: { usd } })] });
    expect(beyondOf({ ...small, nodes }, grown(1))).toEqual({ problems: [] });
    expect(beyondOf({ ...small, nodes }, grown(2)).exceeds).toEqual({ small: true });
  });

  test("is unknown of a plan that an older Orch made", () => {
    const { approved: _, ...old } = before;
    expect(beyondOf(old, more(node("c", { scope: ["infra/**"] }), node("d"), node("e")))).toEqual({ problems: [] });
  });
});

describe("the money", () => {
  const limit = { usd: 5, tokens: 1_000_000 };
  const funds = (used: number, most: number = 20): Funds => ({ limit, used: { usd: used }, most: { usd: most } });
  const costly = (usd: number) => more(node("c", { budget: { usd } }));

  test("is enough as long as the nodes' part of it holds what those say that wait", () => {
    expect(beyondOf(before, costly(2), funds(2))).toEqual({ problems: [] });
  });

  test("has to be allowed where it is not enough, for the whole plan and to the cent; what else is limited stays so", () => {
    expect(exceeds(costly(2.01), funds(2))).toEqual({ budget: { usd: 5.02, tokens: 1_000_000 } });
  });

  test("is refused where nobody here may allow as much", () => {
    expect(beyondOf(before, costly(9), funds(2, 10)).problems).toEqual([
      "What waits would need $9.00, for which the plan would have to be given $13.75, and at most $10.00 may be.",
    ]);
  });

  test("counts a run for each node that waits, where runs are limited", () => {
    const runs: Funds = { limit: { runs: 5 }, used: { runs: 2 }, most: {} };
    expect(exceeds(more(node("c")), runs)).toEqual({ budget: { runs: 7 } });
  });

  test("is nobody's matter where nothing more is wanted, however little is left", () => {
    expect(beyondOf(before, before, funds(5))).toEqual({ problems: [] });
  });
});
