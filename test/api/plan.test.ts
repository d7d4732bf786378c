/** A program asks for a team, and sees its plan. */

import { TaskState } from "@a2a-js/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { a2aTask, stateOf } from "../../a2a/project.ts";
import { planAnswerOf, planAnswerShape } from "../../src/api/plan-answer.ts";
import type { TaskAnswer } from "../../src/api/task-answer.ts";
import { doneTeamTask, partialTeam, planningTask, team, teamTask } from "../report/sample-plans.ts";
import { claimedBy } from "../support/task-spec.ts";
import { type Doors, openDoors } from "./doors.ts";

let doors: Doors;
beforeAll(async () => {
  doors = await openDoors();
});
afterAll(() => doors.orch.close());

test("a team is asked for under an issue, and its plan is there once it is proposed", async () => {
  const { orch, ask } = doors;
  const wish = { repository: "octo-org/calculator", instruction: "move the parser and its tests", team: true };
  expect((await ask("POST", "/v1/tasks", { body: wish })).status).toBe(400);
  const issue = await orch.openIssue();
  const { id } = (await ask("POST", "/v1/tasks", { body: { ...wish, issue } })).body as unknown as { id: string };
  await orch.quiet();
  expect((await orch.store.read(id))?.spec.team).toBe(true);
  expect((await ask("GET", `/v1/plans/${id}`)).status).toBe(404);
  await orch.store.advance(id, claimedBy("h0000000"));
  const { proposal } = planningTask();
  if (!proposal) throw new Error("the sample proposes nothing");
  const reasons = [{ for: "approval" as const, proposal: proposal.name, until: Date.now() + 3600_000 }];
  await orch.store.advance(id, { name: "parked", epoch: 1, reasons, proposal, at: Date.now() });
  const { status, body } = await ask("GET", `/v1/plans/${id}`);
  expect([status, body]).toMatchObject([200, { id, state: "proposed", proposal: proposal.name, events: [] }]);
  expect((body as unknown as { nodes: object[] }).nodes.length).toBeGreaterThan(1);
  const task = (await ask("GET", `/v1/tasks/${id}`)).body as unknown as TaskAnswer;
  expect(task).toMatchObject({ plan: id, proposal: proposal.name, state: "waiting" });
  expect(stateOf(task)).toBe(TaskState.TASK_STATE_AUTH_REQUIRED);
  expect(a2aTask(task, undefined)).toMatchObject({ contextId: `octo-org/calculator#${issue}`, metadata: { plan: id } });
});

test("a plan at work, and one that is over, say of each node how far it is", () => {
  for (const [lead, plan] of [
    [teamTask(), team()],
    [doneTeamTask(), partialTeam()],
  ] as const) {
    const answer = planAnswerOf(lead, plan);
    expect(planAnswerShape.parse(answer)).toEqual(answer);
    expect(answer?.nodes.map(({ id }) => id)).toEqual(plan.plan.nodes.map(({ id }) => id));
    expect(answer?.events.length).toBe(plan.plan.events.length);
  }
});

test("of a task that is no team's there is none", async () => {
  const body = { repository: "octo-org/calculator", instruction: "fix the tests" };
  const { id } = (await doors.ask("POST", "/v1/tasks", { body })).body as unknown as { id: string };
  expect((await doors.ask("GET", `/v1/plans/${id}`)).status).toBe(404);
});
