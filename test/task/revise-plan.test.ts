import { describe, expect, test } from "vitest";
import type { Plan, PlanNode } from "../../src/task/plan.ts";
import { delegate, revise } from "../../src/task/revise-plan.ts";
import { type Revision, revisionSchema } from "../../src/task/revision.ts";
import { makePlan, nodeSpec, planNode, T0 } from "./plans-made.ts";

const now = T0 + 5;
const failed = (id: string, changes: Partial<PlanNode> = {}) =>
  planNode(id, { state: { name: "failed", at: T0, reason: "No." }, tries: [{ task: "t1", at: T0 }], ...changes });
const skipped = (id: string, after: string[]) =>
  planNode(id, { after, state: { name: "skipped", at: T0, because: "it builds on a" } });
const merged = (id: string) => planNode(id, { state: { name: "merged", at: T0, sha: "c".repeat(40) } });
const atWork = (id: string, changes: Partial<PlanNode> = {}) =>
  planNode(id, { state: { name: "started", at: T0 }, tries: [{ task: "t1", at: T0 }], ...changes });

const managing = (...nodes: PlanNode[]) =>
  makePlan(nodes, { state: "managing", managed: { after: 1, wakes: [], revision: 1 } });
const states = ({ nodes }: Plan) => Object.fromEntries(nodes.map(({ id, state }) => [id, state.name]));
function carriedOut(plan: Plan, revision: Revision): Plan {
  const revised = revise(plan, revision, { now });
  if (revised.kind !== "revised") throw new Error(JSON.stringify(revised));
  return revised.plan;
}
const refused = (plan: Plan, revision: Revision, more = {}) => {
  const revised = revise(plan, revision, { now, ...more });
  return revised.kind === "refused" ? revised.problems : revised.kind;
};

describe("a revision", () => {
  test("has a node tried again with what its agent should know, and what was left out for its sake waits again", () => {
    const plan = managing(failed("a"), skipped("b", ["a"]), skipped("c", ["b"]), skipped("d", ["x"]), planNode("x"));
    const next = carriedOut(plan, { retry: [{ node: "a", instruction: "Mind the cents." }] });
    expect(states(next)).toEqual({ a: "waiting", b: "waiting", c: "waiting", d: "skipped", x: "waiting" });
    expect(next.nodes[0]).toMatchObject({ note: "Mind the cents.", tries: [{ task: "t1" }] });
    expect(next).toMatchObject({ revision: 2 });
    expect(next.events.at(-1)).toEqual({ at: now, what: "revised" });
  });

  test("leaves nodes out, and what stands behind them goes on", () => {
    expect(
      carriedOut(managing(failed("a"), atWork("b")), { skip: ["a", "b"] }).nodes.map(({ state }) => state),
    ).toEqual([
      { name: "skipped", at: now, because: "the plan goes on without it", waived: true },
      { name: "skipped", at: now, because: "the plan goes on without it", waived: true },
    ]);
  });

  test("puts others in the place of a node, and what stood behind that waits for all of them", () => {
    const plan = managing(failed("a"), planNode("b", { after: ["a"] }), planNode("c"));
    const next = carriedOut(plan, { replace: ["a"], add: [nodeSpec("a1"), nodeSpec("a2")] });
    expect(states(next)).toEqual({ a: "superseded", b: "waiting", c: "waiting", a1: "waiting", a2: "waiting" });
    expect(next.nodes[1]?.after).toEqual(["a1", "a2"]);
  });

  test("ends the plan with what is at work by then", () => {
    const next = carriedOut(managing(merged("a"), atWork("b"), planNode("c")), { end: "partial" });
    expect(states(next)).toEqual({ a: "merged", b: "started", c: "skipped" });
  });

  test("once more changes nothing; a later run of the manager may want the same again", () => {
    const revision = { retry: [{ node: "a" }] };
    const next = carriedOut(managing(failed("a")), revision);
    expect(revise(next, revision, { now })).toEqual({ kind: "same" });
    const again = { ...next, nodes: [failed("a")], managed: { after: 2, wakes: [], revision: 2 } };
    expect(states(carriedOut(again, revision))).toEqual({ a: "waiting" });
  });

  test.each<[string, Plan, Revision, string]>([
    ["that changes nothing", managing(failed("a")), {}, "It changes nothing."],
    ["about what there is not", managing(failed("a")), { skip: ["x"] }, "There is no node x."],
    ["of what is merged", managing(merged("a")), { skip: ["a"] }, "a is merged already."],
    [
      "of what is at work",
      managing(atWork("a")),
      { retry: [{ node: "a" }] },
      "a is started: only a node that failed or was left out can be tried again.",
    ],
    [
      "that makes a circle",
      managing(planNode("a", { after: ["b"] }), planNode("b")),
      { replace: ["b"], add: [nodeSpec("c", { after: ["a"] })] },
      "a stands behind itself by way of others.",
    ],
    ["with a name that there is", managing(planNode("a")), { add: [nodeSpec("a")] }, "Two nodes are called a."],
    [
      "that only takes away",
      managing(failed("a")),
      { replace: ["a"] },
      "Nothing is added in place of what is to be replaced.",
    ],
    [
      "of a plan that is over",
      makePlan([failed("a")], { state: "finishing" }),
      { skip: ["a"] },
      "The plan is over, or is being published.",
    ],
  ])("%s is refused as a whole", (_, plan, revision, problem) => {
    expect(refused(plan, revision)).toContain(problem);
  });

  test("that has a node tried more often than one may be is refused", () => {
    const tries = Array.from({ length: 4 }, (_, index) => ({ task: `t${index}`, at: T0 }));
    expect(refused(managing(failed("a", { tries })), { retry: [{ node: "a" }] })).toEqual([
      "a was tried 4 times, which is as often as a node may be.",
    ]);
  });

  test("adds no more nodes than a plan may have", () => {
    const plan = makePlan(Array.from({ length: 12 }, (_, index) => planNode(`n${index}`)));
    expect(refused(plan, { add: [nodeSpec("more")] })).toEqual(["There are 13 nodes, and at most 12 are allowed."]);
  });

  test("is read strictly", () => {
    expect(revisionSchema.safeParse({ retry: [{ node: "a" }], shell: "rm" }).success).toBe(false);
  });
});

describe("a delegation", () => {
  const plan = makePlan([atWork("a"), planNode("b", { after: ["a"] })]);
  const wish = (id: string, changes = {}) => delegate(plan, nodeSpec(id, changes), { now, by: "a" });

  test("adds one node, which says of whom it is", () => {
    const revised = wish("c");
    expect(revised.kind === "revised" && revised.plan.nodes.at(-1)).toMatchObject({ id: "c", by: "a", depth: 1 });
  });

  test("a hundred times is one node", () => {
    let all = plan;
    for (let times = 0; times < 100; times++) {
      const revised = delegate(all, nodeSpec("c"), { now, by: "a" });
      if (revised.kind === "revised") all = revised.plan;
    }
    expect(all.nodes).toHaveLength(3);
  });

  test("in a hundred different ways ends at what a plan may hold", () => {
    let all = plan;
    const ends = Array.from({ length: 100 }, (_, index) => {
      const revised = delegate(all, nodeSpec(`c${index}`), { now, by: "a" });
      if (revised.kind === "revised") all = revised.plan;
      return revised.kind;
    });
    expect(all.nodes).toHaveLength(12);
    expect(ends.filter((end) => end === "refused")).toHaveLength(90);
  });

  test("goes only so deep, comes only from a node at work, and cannot be waited for by what it waits for", () => {
    const deep = makePlan([atWork("a", { depth: 2 })]);
    expect(delegate(deep, nodeSpec("c"), { now, by: "a" })).toMatchObject({
      problems: ["Delegations go 2 deep at most."],
    });
    expect(delegate(plan, nodeSpec("c"), { now, by: "b" })).toMatchObject({ problems: ["b is not at work."] });
    expect(wish("c", { after: ["a"] })).toMatchObject({ problems: ["What a delegates cannot wait for a itself."] });
  });
});
