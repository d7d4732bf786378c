/** What the agents of a team's nodes ask is asked, and answered, where their team was asked for; the worker host is played by the store. */
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { openQuestions, type Question } from "../../src/task/question.ts";
import { taskIdOf } from "../../src/task/task-id.ts";
import type { TaskSpec } from "../../src/task/task-spec.ts";
import { type BotSetting, MAINTAINER, STRANGER, startBotSetting } from "../support/bot.ts";
import { startTeam, type Team } from "../support/team.ts";

let orch: BotSetting;
let number: number;
let team: Team;
beforeAll(async () => {
  orch = await startBotSetting();
});
afterAll(() => orch.close());
beforeEach(async () => {
  number = await orch.openIssue();
  const { id } = await orch.comment(number, "/orch fix all");
  await orch.quiet();
  const asked = await orch.store.read(orch.taskId(id));
  if (!asked) throw new Error("the task is gone");
  await orch.store.advance(asked.spec.id, {
    name: "cancel",
    reason: { kind: "command", by: MAINTAINER },
    at: Date.now(),
  });
  const origin = { ...asked.spec.origin, line: 2 } as TaskSpec["origin"];
  const spec = { ...asked.spec, origin, id: taskIdOf(orch.repository.id, origin) };
  team = await startTeam(orch.store, { nodes: [{ id: "api" }, { id: "web" }], home: "h0000000" }, spec);
});

/** The agent of the node asks, and its run is parked. */
async function asks(node: string, question: Partial<Question>): Promise<TaskSpec> {
  const spec = await team.taskOf(node);
  const at = Date.now();
  const whole: Question = { id: "q1a2b3c", text: `Which way for ${node}?`, epoch: 1, askedAt: at, ...question };
  await orch.store.advance(spec.id, { name: "asked", epoch: 1, question: whole, at });
  const reason = { for: "answer" as const, question: whole.id, onNoAnswer: "go_on" as const, until: at + 3600_000 };
  await orch.store.advance(spec.id, { name: "parked", epoch: 1, reasons: [reason], at });
  // As the report of a node's task would: what it tells stands in its team's.
  await orch.store.doubt(team.plan, { token: `${node} asks` }, at);
  return spec;
}
const questionsOf = async ({ id }: TaskSpec) => (await orch.store.read(id))?.questions ?? [];
const calls = () => orch.replies(number).filter((body) => body.includes("of the team of task"));
async function say(body: string, as = MAINTAINER): Promise<void> {
  await orch.comment(number, body, as);
  await orch.quiet();
}

test("a person is called once, in the team's place, and `/orch answer` reaches the node's agent", async () => {
  const spec = await asks("web", { resolver: "person", blocker: { kind: "access", needs: "A key" } });
  await vi.waitFor(() => expect(calls()).toHaveLength(1), { timeout: 20_000 });
  expect(calls()[0]).toMatch(
    /^@maintainer, the agent of node `web` of the team of task `t\w+` cannot go on without you \(blocker `q1a2b3c`, access\):/,
  );
  await say("/orch answer anything", STRANGER);
  expect(openQuestions((await orch.store.read(spec.id)) as never)).toHaveLength(1);
  await say("/orch answer Use the mock");
  expect(await questionsOf(spec)).toMatchObject([{ answer: { text: "Use the mock", by: { login: MAINTAINER } } }]);
  await vi.waitFor(async () => expect((await orch.store.read(spec.id))?.state.name).toBe("queued"), {
    timeout: 20_000,
  });
  await orch.store.doubt(team.plan, { token: "again" }, Date.now());
  await orch.quiet();
  expect(calls()).toHaveLength(1);
});

test("what its manager is asked calls nobody, and a bare answer is meant for what people are asked", async () => {
  const plan = await team.read();
  await orch.store.plans.change(
    team.plan,
    (now) => ({ ...now, state: "managing", managed: { after: 1, revision: 1, wakes: [] } }),
    Date.now(),
  );
  const managers = await asks("api", { id: "q2b3c4d", resolver: "manager" });
  const persons = await asks("web", { resolver: "person", options: ["left", "right"] });
  await vi.waitFor(() => expect(calls()).toHaveLength(1), { timeout: 20_000 });
  await say("2");
  expect(await questionsOf(persons)).toMatchObject([{ answer: { text: "right" } }]);
  await say("/orch answer q2b3c4d I say so myself");
  expect(await questionsOf(managers)).toMatchObject([{ answer: { text: "I say so myself" } }]);
  expect(plan.nodes).toHaveLength(2);
});

test("what the manager may not be called for any more becomes a person's while the task waits for it", async () => {
  await orch.store.plans.change(team.plan, (plan) => ({ ...plan, managerRuns: plan.caps.managerRuns }), Date.now());
  const spec = await asks("api", { resolver: "manager" });
  await orch.store.dispatches.plan(spec.id, Date.now());
  await vi.waitFor(async () => expect(await questionsOf(spec)).toMatchObject([{ resolver: "person" }]), {
    timeout: 30_000,
  });
});

test("what is told to a team calls its manager, once", async () => {
  await say("/orch tell Use tabs everywhere");
  const { wakes, managed } = await team.read();
  const told = [...wakes, ...(managed?.wakes ?? [])].filter(({ kind }) => kind === "told");
  expect(told).toMatchObject([{ text: "@maintainer says: Use tabs everywhere" }]);
  expect(await orch.store.messages.waiting(team.plan)).toBe(1);
});
