import { describe, expect, test } from "vitest";
import type { Question } from "../../src/task/question.ts";
import type { Task } from "../../src/task/task.ts";
import { planView, proposedPlanView } from "../../src/views/plan-view.ts";
import { doneTeamTask, partialTeam, planningTask, planProposal, team, teamTask } from "../report/sample-plans.ts";
import { outcomes, queuedTask, runningTask, settledTask, waitingReasons, waitingTask } from "../report/sample-tasks.ts";

const asking = (changes: Partial<Question>): Task => ({
  ...waitingTask(waitingReasons.answer),
  questions: [{ id: "q1a2b3c", text: "Which?", epoch: 1, askedAt: 1, ...changes }],
});

/** How the node is, whose current try stands so. */
function howOf(task: Task | undefined): string | undefined {
  const { plan } = team();
  const id = plan.nodes[1]?.tries.at(-1)?.task ?? "";
  const tasks = task ? [{ ...task, spec: { ...task.spec, id } }] : [];
  return planView({ plan, tasks }, teamTask()).nodes[1]?.how;
}

describe("a node that is worked on", () => {
  test.each<[string, Task | undefined]>([
    ["queued", undefined],
    ["queued", queuedTask()],
    ["preparing", runningTask("preparing")],
    ["working", runningTask("working")],
    ["verifying", runningTask("verifying")],
    ["merging", runningTask("publishing")],
    ["merging", settledTask(outcomes.merged)],
    ["waiting", settledTask(outcomes.agent_failed)],
    ["asks", asking({})],
    ["calls", asking({ resolver: "manager" })],
    ["blocked", asking({ resolver: "manager", blocker: { kind: "other" } })],
    ["limited", waitingTask(waitingReasons.limit)],
    ["limited", waitingTask(waitingReasons.budget)],
    ["queued", waitingTask(waitingReasons.agent)],
  ])("is %s by what its task says", (how, task) => {
    expect(howOf(task)).toBe(how);
  });
});

test("what a node's agent has made by its host's last look is shown while it is at work", () => {
  const checkIn = { at: 1, commits: 2, files: 3, conflicts: ["src/a.js"] };
  const { plan } = team();
  const id = plan.nodes[1]?.tries.at(-1)?.task ?? "";
  const soFarOf = (task: Task) => {
    const [run] = runningTask("working").runs;
    const runs = run ? [{ ...run, progress: { ...run.progress, checkIn } }] : [];
    return planView({ plan, tasks: [{ ...task, spec: { ...task.spec, id }, runs }] }, teamTask()).nodes[1]?.soFar;
  };
  expect(soFarOf(runningTask("working"))).toEqual({ commits: 2, files: 3, conflicts: ["src/a.js"] });
  expect(soFarOf(settledTask(outcomes.merged))).toBeUndefined();
});

test("a plan that is proposed says how long its longest chain is, and what it may use", () => {
  expect(proposedPlanView(planProposal, planningTask())).toMatchObject({ longest: 3, budget: { usd: 3.25 } });
  const [first, ...others] = planProposal.nodes;
  const { budget: _, ...unsaid } = first as NonNullable<typeof first>;
  expect(proposedPlanView({ ...planProposal, nodes: [unsaid, ...others] }, planningTask()).budget).toBeUndefined();
});

test("a graph with a cycle is shown all the same", () => {
  const nodes = planProposal.nodes.map((node) => ({ ...node, after: ["docs"] }));
  expect(proposedPlanView({ ...planProposal, nodes }, planningTask()).longest).toBe(0);
});

test("what its tries used is summed up, with those that failed", () => {
  const { nodes } = planView(team(), teamTask());
  expect(nodes[1]).toMatchObject({ tries: 2, spent: { runs: 2, costUsd: { known: 0.2468 } } });
  expect(nodes[2]?.spent.runs).toBe(0);
});

test("what a team met with is counted", () => {
  expect(planView(partialTeam(), doneTeamTask()).met).toMatchObject({ messages: 1, blockers: 1, hostsLost: 1 });
  expect(planView(team(), teamTask()).met).toMatchObject({ tries: 1 });
});
