import { expect, test } from "vitest";
import { askedAboutStopped } from "../../src/task/ask-about-stopped.ts";
import { decideOnAsked, withoutLapsed } from "../../src/task/decide-asked.ts";
import { openAsked, type Plan } from "../../src/task/plan.ts";
import { revise } from "../../src/task/revise-plan.ts";
import { makePlan, planNode, T0 } from "./plans-made.ts";

const DAY_MS = 24 * 3600_000;
const now = T0 + 5;
const stopped = (id: string) =>
  planNode(id, {
    state: { name: "failed", at: T0, reason: "No." },
    tries: [{ task: id, at: T0, end: "x" }],
    stopped: true,
  });
const plan = () => makePlan([stopped("a"), stopped("b"), planNode("c", { after: ["a"] })]);
const about = (of: Plan) => openAsked(of)?.exceeds.stopped?.node;
const decide = (of: Plan, text?: string) => {
  const decision = text === undefined ? { kind: "approved" as const } : { kind: "change" as const, text };
  return decideOnAsked(of, openAsked(of)?.name ?? "", { ...decision, at: now }) as Plan;
};

test("one after the other is asked for, with a deadline, and no manager is called for it", () => {
  const first = askedAboutStopped(plan(), now);
  expect(first).toMatchObject({ asked: { revision: { retry: [{ node: "a" }] }, until: now + 3 * DAY_MS }, wakes: [] });
  expect(askedAboutStopped(first, now)).toBe(first);
  const next = askedAboutStopped(decide(first), now);
  expect(next.nodes[0]).toMatchObject({ state: { name: "waiting" } });
  expect(next.nodes[0]?.stopped).toBeUndefined();
  expect(about(next)).toBe("b");
});

test("what a person says about it the manager is told, and may do", () => {
  const told = decide(askedAboutStopped(plan(), now), "Leave it out.");
  expect(told.wakes).toMatchObject([
    { node: "a", text: "The operator says about the node a, which failed: Leave it out." },
  ]);
  expect(revise(told, { skip: ["a"] }, { now })).toMatchObject({ kind: "revised" });
});

test("a manager that is called for something else decides nothing about it", () => {
  const asked = askedAboutStopped(plan(), now);
  for (const revision of [{ retry: [{ node: "a" }] }, { skip: ["b"] }])
    expect(revise(asked, revision, { now })).toMatchObject({
      problems: [expect.stringContaining("is a person's to decide")],
    });
  expect(about(asked)).toBe("a");
});

test("a person who says nothing in time leaves it as it is, without a manager", () => {
  const lapsed = withoutLapsed(askedAboutStopped(plan(), now), now + 3 * DAY_MS);
  expect(lapsed).toMatchObject({ asked: { decision: { kind: "lapsed" } }, wakes: [] });
  expect(about(askedAboutStopped(lapsed, now + 3 * DAY_MS))).toBe("b");
});

test("nobody is asked where nothing may begin any more", () => {
  const spent = askedAboutStopped({ ...plan(), spent: true }, now);
  expect([about(spent), spent.nodes.some((node) => node.stopped)]).toEqual([undefined, false]);
  const late = plan();
  expect(about(askedAboutStopped(late, late.until))).toBeUndefined();
});
