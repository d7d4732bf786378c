/** What a planner hands in is looked at, and answered in words that a model can go by. */
import { describe, expect, test } from "vitest";
import { MAX_PLAN_TEXT } from "../../../../src/task/plan-proposal.ts";
import { SHIPPED } from "../../../../workers/roles/shipped.ts";
import type { RunRecord } from "../../../../workers/run/run-record.ts";
import type { TalkRun } from "../../../../workers/talk-back/tool.ts";
import { plan } from "../../../../workers/talk-back/tools/plan.ts";
import { planProposal } from "../../../report/sample-plans.ts";
import { queuedTask } from "../../../report/sample-tasks.ts";

function planner({ verify = ["npm", "test"], budget = {} }: { verify?: string[] | undefined; budget?: object } = {}) {
  const record = { team: { stage: "planning" }, prepared: verify.length > 0 ? { verify } : {} } as unknown as RunRecord;
  let saved = 0;
  const save = () => {
    saved += 1;
  };
  const folder = { record, save };
  const spec = { ...queuedTask({ team: true }).spec, ...budget };
  const operator = { roles: new Map(SHIPPED.map((role) => [role.name, role])) };
  const talk = { shared: { operator }, run: { folder, task: { spec } } } as unknown as TalkRun;
  const call = async (input: object) => await plan.call(talk, plan.input.parse(input), new AbortController().signal);
  return { call, record, saved: () => saved };
}

const { goal } = planProposal;
const part = (id: string, changes: object = {}) => ({
  ...{ id, title: `Do ${id}`, instruction: `Do ${id}.`, role: "developer", scope: [`src/${id}/**`] },
  ...{ deliverable: `${id} is done`, check: "npm test" },
  ...changes,
});
const good = { goal, nodes: [part("a"), part("b"), part("c"), part("d", { after: ["a", "b"] })] };

describe("a plan that is handed in", () => {
  test("is taken, and the last one counts", async () => {
    const { call, record, saved } = planner();
    expect(await call({ oneAgent: "It is small." })).toContain("one agent does it");
    expect(record.team).toEqual({ stage: "planning", alone: "It is small." });
    expect(await call(good)).toMatch(/^Taken: 4 nodes/);
    expect(record.team?.plan?.nodes.map(({ id }) => id)).toEqual(["a", "b", "c", "d"]);
    expect(record.team?.alone).toBeUndefined();
    expect(saved()).toBe(2);
  });

  test.each<[string, object, RegExp]>([
    [
      "stands behind itself",
      { goal, nodes: [part("a", { after: ["a"] }), part("b"), part("c")] },
      /a stands behind itself/,
    ],
    [
      "has a role that there is not",
      { goal, nodes: [part("a", { role: "wizard" }), part("b"), part("c")] },
      /role wizard/,
    ],
    [
      "is led by a node",
      { goal, nodes: [part("a", { role: "manager", scope: [] }), part("b"), part("c")] },
      /role manager/,
    ],
    ["has no nodes", { goal }, /`goal` and `nodes`/],
    ["is two things at once", { ...good, oneAgent: "x" }, /not both/],
    [
      "is too long to be shown",
      { goal, nodes: [..."abcdefgh"].map((id) => part(id, { instruction: "x".repeat(3_900) })) },
      new RegExp(`at most ${MAX_PLAN_TEXT}`),
    ],
  ])("and %s is refused, and nothing is taken", async (_why, input, words) => {
    const { call, record } = planner();
    await expect(call(input)).rejects.toThrow(words);
    expect(record.team).toEqual({ stage: "planning" });
  });

  test("that is not worth a team is answered so: one agent does it, unless there is a better one", async () => {
    const { call, record } = planner();
    expect(await call({ goal, nodes: [part("a"), part("b", { after: ["a"] })] })).toMatch(/^A team is not worth it/);
    expect(record.team?.alone).toMatch(/worth it from three on/);
    expect(await call(good)).toMatch(/^Taken/);
  });

  test("where nothing would check the whole is not worth a team", async () => {
    const { call, record } = planner({ verify: [] });
    await call(good);
    expect(record.team?.alone).toMatch(/no `verify` command/);
  });
});

test("only a planner is offered it", () => {
  const talk = (stage?: string) =>
    ({ run: { folder: { record: { team: stage && { stage } } } } }) as unknown as TalkRun;
  expect(["planning", "managing", "alone", undefined].map((stage) => plan.isFor?.(talk(stage)))).toEqual([
    ...[true, false, false, false],
  ]);
});
