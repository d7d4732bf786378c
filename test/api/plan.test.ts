/** A program asks for a team, and sees its plan. */

import { TaskState } from "@a2a-js/sdk";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { a2aTask, stateOf } from "../../a2a/project.ts";
import { planAnswerOf, planAnswerShape } from "../../src/api/plan-answer.ts";
import { type TaskAnswer, answerOf as taskAnswerOf } from "../../src/api/task-answer.ts";
import { keys } from "../../src/task/keys.ts";
import { questionId } from "../../src/task/question.ts";
import type { Task } from "../../src/task/task.ts";
import { clientWith, saying, sent } from "../a2a/client.ts";
import { askedChange, doneTeamTask, partialTeam, planningTask, team, teamTask } from "../report/sample-plans.ts";
import { claimedBy } from "../support/task-spec.ts";
import { nodeSpec } from "../task/plans-made.ts";
import { type Doors, openDoors } from "./doors.ts";

let doors: Doors;
beforeAll(async () => {
  doors = await openDoors();
});
afterAll(() => doors.orch.close());

const HOST = "h0000000";
const said = { title: "A plan", summary: "", decisions: [], interfaces: [], followUps: [] };

/** The team's plan is approved, and the agent of its one node at work; the id of that one's task. */
async function atWork(id: string): Promise<string> {
  const { store, redis } = doors.orch;
  const at = Date.now();
  await store.advance(id, claimedBy(HOST));
  await store.advance(id, { name: "progress", epoch: 1, progress: { agent: "scripted" }, at });
  const plan = { goal: "Prices", nodes: [nodeSpec("a")] };
  const proposal = { name: "p111111111111", epoch: 1, baseSha: "a".repeat(40), said, files: [], at, plan };
  const reasons = [{ for: "approval" as const, proposal: proposal.name, until: at + 3600_000 }];
  await store.advance(id, { name: "parked", epoch: 1, reasons, proposal, at });
  await store.advance(id, { name: "decided", proposal: proposal.name, decision: { kind: "approved", at }, at });
  await store.dispatches.plan(id, at);
  await redis.publish(keys.ready, id);
  const [node = ""] = await vi.waitFor(
    async () => {
      const ids = await store.idsOfNodes(id);
      expect(ids).toHaveLength(1);
      return ids;
    },
    { timeout: 20_000 },
  );
  await store.advance(node, { ...claimedBy(HOST), lane: { agent: "scripted", host: HOST, only: true } });
  return node;
}

async function asks(task: string, text: string): Promise<string> {
  const question = { id: questionId(task, text), text, epoch: 1, askedAt: Date.now() };
  await doors.orch.store.advance(task, { name: "asked", epoch: 1, question, at: Date.now() });
  return question.id;
}

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
    expect(answer?.nodes.map(({ reads }) => reads)).toEqual(plan.plan.nodes.map(({ reads = [] }) => reads));
    expect(answer?.nodes.map(({ onFailure }) => onFailure)).toEqual(["retry", "retry", "skip", "retry"]);
    expect(answer?.nodes.map(({ servers }) => servers)).toEqual(plan.plan.nodes.map(({ servers = [] }) => servers));
  }
});

test("an agent of a node asks, which the program hears of in the team's task, and answers by either door", async () => {
  const { orch, ask } = doors;
  const issue = await orch.openIssue();
  const wish = { repository: "octo-org/calculator", instruction: "move the parser", team: true, issue };
  const { id } = (await ask("POST", "/v1/tasks", { body: wish })).body as unknown as { id: string };
  await orch.quiet();
  const node = await atWork(id);
  const waits = ask("GET", `/v1/tasks/${id}?wait=30s`);
  const question = await asks(node, "Which currency?");
  const task = (await waits).body as unknown as TaskAnswer;
  expect(task.questions).toMatchObject([{ id: question, node: "a", open: true }]);
  expect(stateOf(task)).toBe(TaskState.TASK_STATE_INPUT_REQUIRED);
  const answered = await ask("POST", `/v1/tasks/${id}/answers`, { body: { question, answer: "Euro" } });
  expect(answered).toMatchObject({ status: 200, body: { state: "done" } });
  expect((await orch.store.read(node))?.questions).toMatchObject([{ answer: { text: "Euro" } }]);
  await asks(node, "Which rounding?");
  await sent(await clientWith(orch.apiUrl(), doors.token), saying("half up", { taskId: id }));
  expect((await orch.store.read(node))?.questions).toMatchObject([{}, { answer: { text: "half up" } }]);
});

test("of a task that is no team's there is none", async () => {
  const body = { repository: "octo-org/calculator", instruction: "fix the tests" };
  const { id } = (await doors.ask("POST", "/v1/tasks", { body })).body as unknown as { id: string };
  expect((await doors.ask("GET", `/v1/plans/${id}`)).status).toBe(404);
});

test("a change that goes beyond what was approved is shown with why a person is asked, and its task waits for that", () => {
  const answer = planAnswerOf(teamTask(), team({ asked: askedChange }));
  expect(planAnswerShape.parse(answer)).toEqual(answer);
  expect(answer).toMatchObject({
    ...{ state: "running", proposal: askedChange.name },
    asked: {
      add: [{ id: "infra", scope: ["infra/**"], how: "proposed" }],
      retry: ["price"],
      skip: ["docs"],
      replace: [],
    },
  });
  expect(answer?.asked?.because).toHaveLength(6);
  const approval = { for: "approval" as const, proposal: askedChange.name, until: askedChange.until };
  const task: Task = {
    ...teamTask(),
    state: { name: "waiting", since: 1, reasons: [{ for: "team", until: 2 }, approval] },
  };
  const asked = { client: "c", request: "r", digest: "d", at: 1, on: "issue" as const, number: 1, instruction: "x" };
  const repository = { id: 1, owner: "o", name: "n", defaultBranch: "main" };
  const shown = taskAnswerOf({ ...asked, installationId: 1, repository }, task, { hosts: [], sent: [], now: 1 });
  expect(shown.proposal).toBe(askedChange.name);
  expect(stateOf(shown)).toBe(TaskState.TASK_STATE_AUTH_REQUIRED);
});
