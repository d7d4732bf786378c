/** What a manager hands in is carried out as a whole, or refused as a whole, in words that a model can go by. */
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import type { Plan } from "../../../../src/task/plan.ts";
import { SHIPPED } from "../../../../workers/roles/shipped.ts";
import { parkManager } from "../../../../workers/run/team.ts";
import type { TalkRun, Tool } from "../../../../workers/talk-back/tool.ts";
import { delegate } from "../../../../workers/talk-back/tools/delegate.ts";
import { revision } from "../../../../workers/talk-back/tools/revise.ts";
import { plan as samplePlan } from "../../../report/sample-plans.ts";
import { queuedTask } from "../../../report/sample-tasks.ts";

const DAY_MS = 24 * 3600_000;

function manager(stage = "managing", changes: Partial<Plan> = {}) {
  let plan: Plan = samplePlan(changes);
  const change = async (_id: string, next: (plan: Plan) => Plan | undefined) => {
    const changed = next(plan);
    plan = changed ? { ...changed, version: plan.version + 1 } : plan;
    return { kind: "known" as const, record: plan, changed: changed !== undefined };
  };
  const operator = {
    limits: { approvalDays: 7 },
    agents: new Map(),
    defaultAgent: "",
    roles: new Map(SHIPPED.map((role) => [role.name, role])),
  };
  const store = { plans: { change, read: async () => plan }, readMany: async () => [] };
  const run = {
    task: { spec: queuedTask({ team: true }).spec },
    folder: { record: { epoch: 2, team: { stage } } },
    log: pino({ level: "silent" }),
  };
  const talk = { shared: { operator, store }, run } as unknown as TalkRun;
  const call = async (tool: Tool, input: object) =>
    await tool.call(talk, tool.input.parse(input), new AbortController().signal);
  return { call, talk, plan: () => plan };
}

describe("a revision", () => {
  test("is carried out, and the same once more changes nothing", async () => {
    const { call, plan } = manager();
    expect(await call(revision, { skip: ["docs"] })).toBe("Done: the plan is at revision 2.");
    expect(plan().nodes[2]?.state).toMatchObject({ name: "skipped" });
    expect(await call(revision, { skip: ["docs"] })).toBe("That is so already.");
  });

  test("that cannot be carried out changes nothing, and says why", async () => {
    const { call, plan } = manager();
    await expect(call(revision, { skip: ["sum"], retry: [{ node: "docs" }] })).rejects.toThrow(
      /^Nothing was changed.*sum is merged already/s,
    );
    expect(plan().revision).toBe(1);
  });

  test("that goes beyond what was approved waits for a person, and the same once more does too", async () => {
    const { call, plan } = manager("managing", { approved: { nodes: 4 }, until: Date.now() + 30 * DAY_MS });
    const node = { id: "infra", title: "Set up", instruction: "Do it.", role: "developer", scope: ["infra/**"] };
    const wish = { add: [{ ...node, deliverable: "It is there", check: "npm test" }] };
    const answer = await call(revision, wish);
    const { asked } = plan();
    expect(answer).toMatch(
      new RegExp(
        `^Nothing is changed yet.*\\(${asked?.name}\\).*no node of the plan might change so far: \`infra`,
        "s",
      ),
    );
    expect(plan()).toMatchObject({ revision: 1, nodes: samplePlan().nodes });
    expect((asked?.until ?? 0) - (asked?.at ?? 0)).toBe(7 * DAY_MS);
    expect(await call(revision, wish)).toBe(answer);
    expect(plan().version).toBe(samplePlan().version + 1);
  });

  test("answers what nobody asks any more with what there is", async () => {
    const { call } = manager();
    expect(await call(revision, { answers: [{ question: "q1", text: "Yes." }] })).toMatch(/^q1 waits for no answer/);
  });

  test("may be one node more, with the reason in its instruction", async () => {
    const { call, plan } = manager();
    const node = { id: "more", title: "Add more", instruction: "Add it.", role: "developer", scope: ["more/**"] };
    await call(delegate, { ...node, deliverable: "It is there", check: "npm test", why: "It was forgotten." });
    expect(plan().nodes.at(-1)).toMatchObject({ id: "more", instruction: "Add it.\n\nWhy: It was forgotten." });
  });
});

test("only a manager is offered either", () => {
  for (const tool of [revision, delegate])
    expect(["planning", "managing", "alone"].map((stage) => tool.isFor?.(manager(stage).talk))).toEqual([
      ...[false, true, false],
    ]);
});

describe("a manager that fails", () => {
  const failed = { verdict: { ok: false, reason: "crash", message: "x" } } as never;

  test("ends nothing: the team's task waits for its plan again", async () => {
    const { talk, plan } = manager();
    const parked = await parkManager(talk.shared, talk.run, failed);
    expect(parked).toMatchObject({ reasons: [{ for: "team", until: plan().until }], goOnWith: "team" });
  });

  test("is not what a planner is, nor one that ends well", async () => {
    const planner = manager("planning").talk;
    expect(await parkManager(planner.shared, planner.run, failed)).toBeUndefined();
    const { talk } = manager();
    expect(await parkManager(talk.shared, talk.run, { verdict: { ok: true } })).toBeUndefined();
  });
});
