import { describe, expect, test } from "vitest";
import { PLAN_CAPS } from "../../src/task/plan-caps.ts";
import { type Checking, checkPlan } from "../../src/task/plan-check.ts";
import { type NodeSpec, nodeSchema, planProposalSchema } from "../../src/task/plan-proposal.ts";
import { nodeSpec as node } from "./plans-made.ts";

const roles = [
  { name: "developer", writes: true },
  { name: "reviewer", writes: false },
];
const check = (nodes: NodeSpec[], changes: Partial<Checking> = {}) =>
  checkPlan({ goal: "Prices", nodes }, { caps: PLAN_CAPS, roles, servers: [], hasVerify: true, ...changes });

const hybrid = [node("a"), node("b"), node("c"), node("d", { after: ["a", "b", "c"] })];

test("a plan with parts that can be worked on apart is fit for a team", () => {
  expect(check(hybrid)).toEqual({ problems: [], warnings: [] });
});

describe("a plan is refused", () => {
  test.each<[string, NodeSpec[], string]>([
    [
      "in a circle",
      [node("a", { after: ["b"] }), node("b", { after: ["a"] })],
      "a stands behind itself by way of others.",
    ],
    ["that waits for itself", [node("a", { after: ["a"] })], "a stands behind itself."],
    ["that waits for nothing there is", [node("a", { after: ["x"] })], "a stands behind x, which is no node."],
    ["with a name twice", [node("a"), node("a")], "Two nodes are called a."],
    ["with an unknown role", [node("a", { role: "wizard" })], "a has the role wizard. There are: developer, reviewer."],
    [
      "with a server where there is none",
      [node("a", { servers: ["web"] })],
      "a needs the server web. The repository has none.",
    ],
    [
      "that shows its agent what is no file of the repository",
      [node("a", { reads: ["src/a.js", "../secrets"] })],
      'a is to be given "../secrets", which is no path of a file in the repository.',
    ],
    [
      "that shows its agent more than files that it names",
      [node("a", { reads: ["src/*.js"] })],
      'a is to be given "src/*.js", which is no path of a file in the repository.',
    ],
    ["without a scope", [node("a", { scope: [] })], "a says not which files it may change."],
    [
      "with a scope of who only reads",
      [node("a", { role: "reviewer" })],
      "a has a scope, and the role reviewer changes nothing.",
    ],
    [
      "that leads elsewhere",
      [node("a", { scope: ["../x/**"] })],
      "a has the scope ../x/**, which does not stand for files of the repository.",
    ],
    [
      "with a lockfile in the middle",
      [node("a", { scope: ["package-lock.json"] }), node("b")],
      "a claims package-lock.json. Such a file belongs to the node that comes after all others.",
    ],
    [
      "without a done-check",
      [node("a", { check: " " })],
      "a says not what is there when it is done, or by which command that is seen.",
    ],
  ])("%s", (_, nodes, problem) => {
    expect(check(nodes).problems).toContain(problem);
  });

  test("that is larger than it may be", () => {
    const nodes = Array.from({ length: 13 }, (_, index) => node(`n${index}`));
    expect(check(nodes).problems).toEqual(["There are 13 nodes, and at most 12 are allowed."]);
  });

  test("whose nodes may use more than is left when the share for bringing them together is kept", () => {
    const nodes = hybrid.map((each) => ({ ...each, budget: { usd: 2.1 } }));
    expect(check(nodes, { budget: { usd: 10 } }).problems).toEqual([
      "The nodes' budgets are $8.40 together, and they may be $8.00.",
    ]);
    expect(check(nodes, { budget: { usd: 12 } }).problems).toEqual([]);
  });
});

test("the last node may have the lockfile", () => {
  const last = node("d", { after: ["a", "b", "c"], scope: ["package-lock.json"] });
  expect(check([node("a"), node("b"), node("c"), last]).problems).toEqual([]);
});

test("nodes that may change the same files are told of: they are worked on in turn", () => {
  const nodes = [node("a", { scope: ["src/**"] }), node("b", { scope: ["src/x.ts"] }), node("c"), node("d"), node("e")];
  expect(check(nodes)).toEqual({
    problems: [],
    warnings: ["a and b may change the same files, so they are worked on one after the other."],
  });
});

describe("one agent is enough", () => {
  test("where nothing tells whether the parts fit together", () => {
    expect(check(hybrid, { hasVerify: false }).single).toEqual({ kind: "no_check" });
  });

  test("where there are fewer than three parts, chains taken together", () => {
    expect(check([node("a"), node("b", { after: ["a"] }), node("c", { after: ["b"] })]).single).toEqual({
      kind: "few",
      parts: 1,
    });
  });

  test("where most of it has to be done in turn, also for the sake of the same files", () => {
    const fork = [
      node("a"),
      node("b", { after: ["a"] }),
      node("c", { after: ["a"] }),
      node("d", { after: ["b", "c"] }),
    ];
    expect(check(fork).single).toEqual({ kind: "chain", longest: 3, nodes: 4 });
    const same = { scope: ["src/**"] };
    expect(check(["a", "b", "c"].map((id) => node(id, same))).single).toEqual({ kind: "chain", longest: 3, nodes: 3 });
  });

  test("where it would use far more than one run", () => {
    const nodes = hybrid.map((each) => ({ ...each, budget: { usd: 3 } }));
    expect(check(nodes, { perRun: { usd: 2 } }).single).toEqual({ kind: "cost", times: 6 });
  });
});

test("a node without deliverable, check or scope does not get so far", () => {
  const { deliverable: _, ...less } = node("a");
  expect(nodeSchema.safeParse(less).success).toBe(false);
  expect(nodeSchema.safeParse({ ...node("a"), check: " " }).success).toBe(false);
  expect(planProposalSchema.safeParse({ goal: "x", nodes: [] }).success).toBe(false);
  expect(nodeSchema.safeParse(node("a")).success).toBe(true);
});
