import { describe, expect, test } from "vitest";
import { decideOnAsked, withoutLapsed } from "../../src/task/decide-asked.ts";
import { judgePlan, nextLook } from "../../src/task/judge-plan.ts";
import { openAsked, type Plan, type PlanNode } from "../../src/task/plan.ts";
import { type Revised, type Revising, revise } from "../../src/task/revise-plan.ts";
import type { Revision } from "../../src/task/revision.ts";
import { makePlan, nodeSpec, planNode, T0, teamTask } from "./plans-made.ts";

const now = T0 + 5;
const SHORT = { limit: { usd: 5 }, used: { usd: 4 }, most: {} };
const DAY_MS = 24 * 3600_000;
const maintainer = { id: 31, login: "maintainer" };
const failed = (id: string, changes: Partial<PlanNode> = {}) =>
  planNode(id, {
    state: { name: "failed", at: T0, reason: "No." },
    tries: [{ task: "t1", at: T0, end: "x" }],
    ...changes,
  });
const managed = {
  after: 1,
  wakes: [{ kind: "failed" as const, key: "k", node: "a", text: "No.", at: T0 }],
  revision: 1,
};
const managing = () =>
  makePlan([failed("a", { budget: { usd: 2 } }), planNode("b", { after: ["a"] }), planNode("c")], {
    ...{ state: "managing", managed, managerRuns: 1, approved: { nodes: 3 } },
  });
const wider: Revision = { replace: ["a"], add: [nodeSpec("a1", { scope: ["infra/**"] })] };
const hand = (plan: Plan, revision: Revision, more: Partial<Revising> = {}): Revised =>
  revise(plan, revision, { now, askUntil: now + DAY_MS, ...more });
function asked(plan = managing(), revision = wider, more: Partial<Revising> = {}): Plan {
  const made = hand(plan, revision, more);
  if (made.kind !== "asked" || !made.plan) throw new Error(JSON.stringify(made));
  return made.plan;
}
const nameIn = (plan: Plan) => openAsked(plan)?.name ?? "";
const states = ({ nodes }: Plan) => Object.fromEntries(nodes.map(({ id, state }) => [id, state.name]));
const judged = (plan: Plan, at = now) => judgePlan(plan, { team: teamTask(2), tasks: new Map(), now: at }) ?? plan;
const approve = (plan: Plan, name = nameIn(plan)) =>
  decideOnAsked(plan, name, { kind: "approved", by: maintainer, at: now });

describe("a revision beyond what was approved", () => {
  test("changes nothing but that it is asked for, under a name made of all its words", () => {
    const plan = asked();
    expect(plan).toMatchObject({
      revision: 1,
      asked: { revision: wider, of: 1, exceeds: { scopes: ["infra/**"] }, until: now + DAY_MS },
    });
    expect(nameIn(plan)).toMatch(/^p[0-9a-f]{12}$/);
    expect(states(plan)).toEqual(states(managing()));
    const other = { ...wider, add: [nodeSpec("a1", { scope: ["infra/**"], instruction: "Do something else." })] };
    expect(nameIn(asked(managing(), other))).not.toBe(nameIn(plan));
  });

  test("handed in once more is the same, and waits on", () => {
    const plan = asked();
    expect(hand(plan, wider)).toEqual({
      ...{ kind: "asked", name: nameIn(plan), until: now + DAY_MS },
      exceeds: { scopes: ["infra/**"] },
    });
  });

  test("leaves the rest of the plan to go on, and keeps what it is about as it is", () => {
    const plan = judged(asked());
    expect(states(plan)).toEqual({ a: "failed", b: "waiting", c: "started" });
    expect(nextLook(plan)).toBe(now + DAY_MS);
    const done = { ...plan, nodes: plan.nodes.filter(({ id }) => id !== "c") };
    expect(states(judged(done))).toEqual({ a: "failed", b: "waiting" });
    expect(judged(done).state).toBe("running");
  });

  test("holds back a node that it would replace", () => {
    const revision = { replace: ["c"], add: [nodeSpec("c1", { scope: ["infra/**"] })] };
    expect(states(judged(asked(managing(), revision)))).toMatchObject({ c: "waiting" });
  });

  test("keeps a plan open of which all else is over", () => {
    const plan = makePlan([planNode("a", { state: { name: "merged", at: T0 } })], { approved: { nodes: 1 } });
    const waits = asked(plan, { add: [nodeSpec("b")] });
    expect(judged(waits).state).toBe("running");
    expect(judged(decideOnAsked(waits, nameIn(waits), { kind: "change", text: "no", at: now }) as Plan).state).toBe(
      "managing",
    );
  });

  test("is refused to a node's agent, and beyond the plan's caps", () => {
    const plan = makePlan([planNode("a", { state: { name: "started", at: T0 } })], { approved: { nodes: 1 } });
    expect(hand(plan, { add: [nodeSpec("b")] }, { by: "a" })).toMatchObject({ kind: "refused" });
    const many = Array.from({ length: 13 }, (_, index) => nodeSpec(`n${index}`));
    expect(hand(managing(), { add: many })).toMatchObject({ kind: "refused" });
    const long = Array.from({ length: 7 }, (_, index) => nodeSpec(`n${index}`, { instruction: "x".repeat(3_900) }));
    expect(hand(managing(), { add: long })).toMatchObject({ problems: [expect.stringContaining("in fewer words")] });
  });

  test("is void as soon as another one is handed in", () => {
    const plan = asked();
    const within = hand(plan, { retry: [{ node: "a" }] });
    expect(within).toMatchObject({ kind: "revised" });
    expect("plan" in within && within.plan?.asked).toBeUndefined();
    const other = asked(plan, { ...wider, skip: ["c"] });
    expect(approve(other, nameIn(plan))).toBeUndefined();
    expect(other.asked?.revision.skip).toEqual(["c"]);
  });
});

describe("a decision", () => {
  test("that allows it carries it out in the same write, and makes it what was approved", () => {
    const plan = asked(managing(), wider, { choicesOf: () => [{ agent: "claude" }] });
    const next = approve(plan) as Plan;
    expect(states(next)).toEqual({ a: "superseded", b: "waiting", c: "waiting", a1: "waiting" });
    expect(next).toMatchObject({
      revision: 2,
      approved: { nodes: 3 },
      asked: { decision: { kind: "approved", by: maintainer } },
    });
    expect(next.nodes.at(-1)?.choices).toEqual([{ agent: "claude" }]);
    expect(next.events.map(({ what }) => what)).toEqual(["asked", "superseded", "added", "revised", "approved"]);
    expect(approve(next, plan.asked?.name)).toBeUndefined();
    expect(hand({ ...next, state: "managing" }, { add: [nodeSpec("a2", { scope: ["infra/x"] })] })).toMatchObject({
      kind: "revised",
    });
  });

  test("is one about each time that it is asked for, also for the same again", () => {
    const first = approve(asked(managing(), { retry: [{ node: "a" }], skip: ["c"] }, { funds: SHORT })) as Plan;
    const again = { ...first, nodes: [failed("a", { budget: { usd: 2 } }), planNode("c")], budget: {} };
    const second = asked(again, { retry: [{ node: "a" }], skip: ["c"] }, { funds: SHORT });
    expect(states(approve(second) as Plan)).toEqual({ a: "waiting", c: "skipped" });
  });

  test("that allows more money says what the plan may use, and lets it begin again", () => {
    const funds = SHORT;
    const revision = { retry: [{ node: "a" }] };
    const nodes = [failed("a", { budget: { usd: 2 } }), planNode("c")];
    const plan = asked({ ...managing(), nodes, spent: true, low: true }, revision, { funds });
    const next = approve(plan) as Plan;
    expect(next).toMatchObject({ budget: { usd: 7.5 } });
    expect([next.spent, next.low]).toEqual([undefined, undefined]);
  });

  test("that wants something else gives it back to the manager with those words", () => {
    const plan = judged(asked());
    const next = decideOnAsked(plan, nameIn(plan), {
      kind: "change",
      text: "Not infra.",
      by: maintainer,
      at: now,
    }) as Plan;
    expect(next.wakes).toMatchObject([
      { kind: "told", node: "a", text: expect.stringContaining("@maintainer does not want") },
    ]);
    const woken = judged(next);
    expect(woken).toMatchObject({ state: "managing", managerRuns: 2 });
    expect(states(woken)).toMatchObject({ a: "failed", b: "waiting" });
    expect(hand(woken, wider)).toEqual({
      kind: "refused",
      problems: ["A person was asked for just that, and it was not approved."],
    });
  });

  test("that comes when the plan has become another one carries out nothing", () => {
    const plan = asked();
    const merged: Plan = {
      ...plan,
      nodes: plan.nodes.map((node) => (node.id === "a" ? { ...node, state: { name: "merged", at: now } } : node)),
    };
    const next = approve(merged) as Plan;
    expect(next).toMatchObject({ revision: 1, asked: { decision: { kind: "outdated" } } });
    expect(states(next)).toMatchObject({ a: "merged" });
    expect(next.wakes).toMatchObject([{ kind: "told", text: expect.stringContaining("a is merged already") }]);
  });

  test("of nobody within the time gives it back; with no run of the manager left what builds on it is left out", () => {
    const plan = judged(asked());
    expect(withoutLapsed(plan, now + DAY_MS - 1)).toBe(plan);
    expect(judged(plan, now + DAY_MS)).toMatchObject({ state: "managing", asked: { decision: { kind: "lapsed" } } });
    const last = { ...plan, managerRuns: plan.caps.managerRuns };
    expect(states(judged(last, now + DAY_MS))).toMatchObject({ a: "failed", b: "skipped" });
  });
});
