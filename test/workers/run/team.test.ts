/** What the end of a turn of a team's own task comes to. */
import { describe, expect, test } from "vitest";
import type { Task } from "../../../src/task/task.ts";
import type { Ground } from "../../../workers/run/ground.ts";
import type { Run, Shared } from "../../../workers/run/run.ts";
import type { StepRecord } from "../../../workers/run/step/step-record.ts";
import { nextForTeam, type TeamRecord, teamRecordOf } from "../../../workers/run/team.ts";
import { aloneTask, planningTask, planProposal, teamTask } from "../../report/sample-plans.ts";
import { queuedTask } from "../../report/sample-tasks.ts";

const shared = { operator: { limits: { approvalDays: 7 } } } as unknown as Shared;
const ground = { prepared: { baseSha: "c0ffee" } } as unknown as Ground;

function run(team: TeamRecord | undefined, spec: Partial<Task["spec"]> = {}) {
  const record = { epoch: 1, team, steps: [] };
  return {
    folder: { record },
    talk: { offered: true },
    task: { spec: queuedTask({ team: true, ...spec }).spec },
  } as unknown as Run;
}

describe("after a planner's turn", () => {
  test("its plan waits for a person, by a name for all that it says, with the files that its scopes name", async () => {
    const next = await nextForTeam(shared, run({ stage: "planning", plan: planProposal }), ground);
    expect(next).toMatchObject({ kind: "park", goOnWith: "approval", reasons: [{ for: "approval" }] });
    if (next?.kind !== "park") throw new Error("not parked");
    expect(next.proposal).toMatchObject({ plan: planProposal, baseSha: "c0ffee", epoch: 1 });
    expect(next.proposal?.files).toEqual(["src/sum.js", "test/sum/", "src/price.js", "docs/"]);
    expect(next.proposal?.decision).toBeUndefined();
    const other = structuredClone(planProposal);
    (other.nodes[2] as (typeof other.nodes)[number]).check = "true";
    const changed = await nextForTeam(shared, run({ stage: "planning", plan: other }), ground);
    expect(changed?.kind === "park" && changed.proposal?.name).not.toBe(next.proposal?.name);
  });

  test("a plan as small as the repository's file says needs nobody", async () => {
    const autoApproval = { nodes: 4, budget: { usd: 5 } };
    const next = await nextForTeam(shared, run({ stage: "planning", plan: planProposal }, { autoApproval }), ground);
    expect(next?.kind === "park" && next.proposal?.decision).toMatchObject({ kind: "approved", because: "small" });
  });

  test("that one agent is enough needs nobody either", async () => {
    const next = await nextForTeam(shared, run({ stage: "planning", alone: "It is small." }), ground);
    if (next?.kind !== "park") throw new Error("not parked");
    expect(next.proposal).toMatchObject({ alone: "It is small.", decision: { kind: "approved", because: "alone" } });
    expect(next.lookAt).toBeLessThanOrEqual(Date.now());
  });

  test("nothing handed in is asked for once; then one agent does it", async () => {
    const forgetful = run({ stage: "planning" });
    expect(await nextForTeam(shared, forgetful, ground)).toMatchObject({ kind: "again" });
    const next = await nextForTeam(shared, forgetful, ground);
    expect(next?.kind === "park" && next.proposal?.alone).toBe("The planner handed in no plan.");
  });
});

const unattended = { kind: "agent", unattended: true };

test("a planner whose host was away while it handed something in is asked for it, though it was before", async () => {
  const unheard = run({ stage: "planning", reminded: true });
  unheard.folder.record.steps.push(unattended as StepRecord);
  expect(await nextForTeam(shared, unheard, ground)).toMatchObject({ kind: "again" });
  unheard.folder.record.steps.push({ kind: "agent" } as StepRecord);
  expect(await nextForTeam(shared, unheard, ground)).toMatchObject({ kind: "park" });
});

test.each([
  ["has changed nothing", 3, "again"],
  ["has changed the plan all the same", 4, "park"],
])("a manager whose host was away during its turn, and who %s", async (_, revision, kind) => {
  const plan = { revision, managed: { after: 1, wakes: [], revision: 3 }, until: 1 };
  const managing = run({ stage: "managing" });
  const store = { plans: { read: async () => plan } };
  const around = { ...shared, store } as unknown as Shared;
  managing.folder.record.steps.push({ kind: "agent" } as StepRecord);
  expect(await nextForTeam(around, managing, ground)).toMatchObject({ kind: "park" });
  managing.folder.record.steps.push(unattended as StepRecord);
  expect(await nextForTeam(around, managing, ground)).toMatchObject({ kind });
});

test("what its agent is there for, its proposal says", () => {
  const { proposal: _, ...begun } = planningTask();
  expect(
    [begun, planningTask(), teamTask(), aloneTask(), queuedTask()].map((task) => teamRecordOf(task)?.stage),
  ).toEqual([...["planning", "planning", "managing", "alone", undefined]]);
});

test("a task that is no team's, and one that a single agent does, end like any other", async () => {
  expect(await nextForTeam(shared, run(undefined), ground)).toBeUndefined();
  expect(await nextForTeam(shared, run({ stage: "alone" }), ground)).toBeUndefined();
});
