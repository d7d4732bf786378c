/** What the agents of a team say to each other, to their manager and to people by their tools; Redis is real. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { referUp } from "../../../../src/dispatch/refer-up.ts";
import { MANAGER_ANSWERS_MS, personsQuestions } from "../../../../src/task/plan-questions.ts";
import { openQuestions } from "../../../../src/task/question.ts";
import { makeTaskStore, type TaskStore } from "../../../../src/task/store.ts";
import type { TaskSpec } from "../../../../src/task/task-spec.ts";
import { makeChanges } from "../../../../workers/run/changes.ts";
import { callIsAnswered, hearCall, messagesForCall } from "../../../../workers/run/messages.ts";
import { nextForQuestions } from "../../../../workers/run/next-for-questions.ts";
import type { Run, Shared } from "../../../../workers/run/run.ts";
import { createRunFolder } from "../../../../workers/run/run-folder.ts";
import { type Tool, textOf } from "../../../../workers/talk-back/tool.ts";
import { ask } from "../../../../workers/talk-back/tools/ask.ts";
import { blocker } from "../../../../workers/talk-back/tools/blocker.ts";
import { message } from "../../../../workers/talk-back/tools/message.ts";
import { type ConnectedRedis, startConnectedRedis } from "../../../support/redis.ts";
import { makeSpec, STARTS } from "../../../support/task-spec.ts";
import { startTeam, type Team } from "../../../support/team.ts";

let server: ConnectedRedis;
let store: TaskStore;
let shared: Shared;
let dir: string;
let team: Team;
let commentId = 60_000;
const over = new AbortController().signal;

beforeAll(async () => {
  server = await startConnectedRedis();
  store = makeTaskStore(server.redis);
  shared = {
    store,
    redis: server.redis,
    operator: { limits: { answerHours: 72 }, onNoAnswer: "go_on" },
  } as unknown as Shared;
});
afterAll(() => server.close());
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "orch-team-"));
  commentId += 1;
  const nodes = [{ id: "api" }, { id: "web" }, { id: "docs", role: "writer" }];
  team = await startTeam(store, { nodes }, makeSpec({ commentId }));
});
afterEach(() => rmSync(dir, { recursive: true }));

let calls = 0;
/** A run of the task, with an agent that calls. */
function agentOf(spec: TaskSpec, epoch = 1) {
  const record = { taskId: spec.id, epoch, jobId: "j", slot: 0, startedAt: Date.now(), steps: [] };
  const run = {
    folder: createRunFolder(dir, record),
    task: { spec },
    changes: makeChanges(),
    turn: { end: () => undefined, keep: () => undefined },
    log: pino({ level: "silent" }),
    signal: new AbortController().signal,
  } as unknown as Run;
  return {
    run,
    call: async (tool: Tool, input: object, key = `call ${++calls}`) => {
      await hearCall(shared, run);
      const said = await tool
        .call({ shared, run, call: key }, tool.input.parse(input), over)
        .then(textOf)
        .catch((error: Error) => error.message);
      const more = await messagesForCall(shared, run, key, () => false);
      callIsAnswered(run, key);
      return more === undefined ? said : `${said}\n${more}`;
    },
  };
}
const begin = async (node: string) => agentOf(await team.taskOf(node));
const fates = async () => (await store.messages.sent(team.plan)).map(({ to, kind, fate }) => [to, kind, fate]);

describe("an agent says something to its team", () => {
  test("another node reads it with the result of its next call, and answers", async () => {
    const [api, web] = [await begin("api"), await begin("web")];
    const sent = await api.call(message, {
      to: "web",
      text: "The route is /sum",
      kind: "handoff",
      refs: [{ path: "src/api/sum.ts" }],
    });
    expect(sent).toMatch(/^Sent as m[0-9a-f]{8}\.\nweb: read with its next call or turn\.$/);
    const read = await web.call(message, { to: "api", text: "Thanks" });
    expect(read).toMatch(
      /The agent of node `api` says \(handoff `m[0-9a-f]{8}`\)[\s\S]*The route is \/sum[\s\S]*path src\/api\/sum\.ts/,
    );
    const id = /`(m[0-9a-f]{8})`/.exec(read)?.[1];
    await web.call(message, { to: "api", kind: "answer", text: "Used it", inReplyTo: id });
    expect(await api.call(message, { to: "docs", text: "done" })).toContain(
      `in reply to \`${id}\`, number 2 from there to you`,
    );
    expect(await fates()).toContainEqual(["web", "handoff", "delivered"]);
  });

  test("a node that has not begun, and the manager, read it later; how many wait there is said", async () => {
    const api = await begin("api");
    expect(await api.call(message, { to: "web", text: "one" })).toContain("web: read when it begins.");
    expect(await api.call(message, { to: "web", text: "two" })).toContain("web: read when it begins, 1 before yours.");
    expect(await api.call(message, { to: "manager", text: "three" })).toContain(
      "manager: read when it is called next.",
    );
    const manager = agentOf(team.spec);
    expect(await manager.call(message, { to: "all", text: "go on" })).toContain("three");
  });

  test("a role and all are each of these but the one who says it", async () => {
    const api = await begin("api");
    expect(await api.call(message, { to: "writer", text: "a" })).toMatch(/\ndocs: /);
    const all = await api.call(message, { to: "all", text: "b" });
    expect(all.match(/^\w+: /gm)).toEqual(["web: ", "docs: "]);
    expect(await (await begin("docs")).call(message, { to: "web", text: "c" })).toMatch(
      /`m\w+\/docs`, number 2 from there to you, to several/,
    );
  });

  test("the same call once more sends nothing more; other words, or another call, do", async () => {
    const api = await begin("api");
    const first = await api.call(message, { to: "web", text: "one" }, "bridge 7");
    expect(await api.call(message, { to: "web", text: "one" }, "bridge 7")).toBe(first);
    await api.call(message, { to: "web", text: "one" }, "bridge 8");
    expect(await store.messages.counts(team.plan)).toMatchObject({ sent: 2 });
  });

  test("nobody outside of the plan can be reached, nor one that is over, nor oneself", async () => {
    const api = await begin("api");
    expect(await api.call(message, { to: "tester", text: "a" })).toBe(
      "There is no tester in your plan. There are: web, docs, developer, writer, manager, all. Nothing was sent.",
    );
    expect(await api.call(message, { to: "api", text: "a" })).toBe("That is you. Nothing was sent.");
    const merged = { name: "merged" as const, at: 1, sha: "abc" };
    await store.plans.change(
      team.plan,
      (plan) => ({ ...plan, nodes: plan.nodes.map((each) => (each.id === "web" ? { ...each, state: merged } : each)) }),
      1,
    );
    expect(await api.call(message, { to: "web", text: "a" })).toContain("Node web is over (merged)");
    expect(await api.call(message, { to: "docs", text: "a", inReplyTo: "m1" })).toContain(
      "There is no message m1 in your plan",
    );
  });

  test("thirty messages and no more, by all tries of a node together", async () => {
    const api = await begin("api");
    for (let count = 0; count < 15; count++) await api.call(message, { to: "web", text: `m${count}` });
    const again = await begin("api");
    for (let count = 15; count < 30; count++) await again.call(message, { to: "docs", text: `m${count}` });
    expect(await again.call(message, { to: "web", text: "more" })).toMatch(/^You have said 30 messages/);
  });

  test("an agent that is in no team has no such tool, and one whose team has no plan yet is told so", async () => {
    const alone = makeSpec({ commentId: ++commentId });
    expect(message.isFor?.({ shared, run: agentOf(alone).run })).toBe(false);
    const planner = { ...makeSpec({ commentId: ++commentId }), team: true as const };
    expect(message.isFor?.({ shared, run: agentOf(planner).run })).toBe(true);
    expect(await agentOf(planner).call(message, { to: "web", text: "a" })).toContain("There is no plan yet");
  });
});

describe("an agent of a team cannot go on", () => {
  const taskNow = async (spec: TaskSpec) => {
    const task = await store.read(spec.id);
    if (!task) throw new Error("the task is gone");
    return task;
  };
  const refer = async (spec: TaskSpec, now = Date.now()) =>
    await referUp({ store, plans: store.plans, now: () => now }, await taskNow(spec));
  const persons = async (spec: TaskSpec) =>
    personsQuestions(await team.read(), new Map([[spec.id, await taskNow(spec)]]));
  const input = { kind: "access", text: "There is no key", needs: "A key in the settings" };

  test("its manager is called, its task waits, and what the manager says is told in the same session", async () => {
    const web = await begin("web");
    const { spec } = web.run.task;
    const said = await web.call(blocker, input);
    expect(said).toMatch(/^Noted as blocker q[0-9a-f]{6}\. Commit what stands, and end your turn now/);
    expect(await web.call(blocker, input)).toBe(said);
    const plan = await team.read();
    expect(plan.wakes).toMatchObject([{ kind: "blocker", node: "web", task: spec.id }]);
    expect(plan.wakes[0]?.text).toMatch(/^cannot go on \(access, blocker q\w+\): There is no key\nIt needs: A key/);
    expect(plan.events.at(-1)).toMatchObject({ what: "message", node: "web" });
    expect(await persons(spec)).toEqual([]);
    const next = await nextForQuestions(shared, web.run, {} as never);
    expect(next).toMatchObject({ kind: "park", reasons: [{ for: "answer" }] });
    expect(await refer(spec)).toBe(false);

    const [question] = openQuestions(await taskNow(spec));
    const manager = agentOf(team.spec);
    const reply = { to: "web", kind: "resolved", text: "Use the mock" };
    expect(await manager.call(message, { ...reply, inReplyTo: "q000000" })).toContain(`Open are: ${question?.id}.`);
    expect(await web.call(message, { ...reply, inReplyTo: question?.id })).toContain("answered by your manager");
    expect(await manager.call(message, { ...reply, inReplyTo: question?.id })).toBe(
      "Answered: the agent of web goes on with that.",
    );
    expect(await manager.call(message, { ...reply, inReplyTo: question?.id })).toContain("Nobody asks anything now");
    expect(await store.dispatches.nextAt()).toBeDefined();
    const again = await nextForQuestions(shared, web.run, {} as never);
    expect(again).toMatchObject({ kind: "again" });
    expect((again as { prompt: string }).prompt).toMatch(
      /blocker q\w+[\s\S]*The manager of your team[\s\S]*^> Use the mock$/m,
    );
  });

  test("whoever dies before the manager was called leaves that to the dispatcher", async () => {
    const web = await begin("web");
    const { spec } = web.run.task;
    await web.call(blocker, input);
    await store.plans.change(team.plan, (plan) => ({ ...plan, wakes: [] }), Date.now());
    expect(await refer(spec)).toBe(false);
    expect((await team.read()).wakes).toHaveLength(1);
    await refer(spec);
    expect((await team.read()).wakes).toHaveLength(1);
  });

  test("what the manager was called for and left becomes a person's, and waits on", async () => {
    const web = await begin("web");
    const { spec } = web.run.task;
    await web.call(blocker, input);
    const called = await team.read();
    const managed = { after: 1, wakes: called.wakes, revision: 1 };
    const change = (state: "managing" | "running") =>
      store.plans.change(team.plan, (plan) => ({ ...plan, state, wakes: [], managed }), Date.now());
    await change("managing");
    expect(await refer(spec)).toBe(false);
    expect(await persons(spec)).toEqual([]);
    await change("running");
    expect(await refer(spec)).toBe(true);
    expect(await persons(spec)).toMatchObject([{ node: { id: "web" }, question: { resolver: "person" } }]);
    expect(await refer(spec)).toBe(false);
  });

  test("it is a person's at once when the manager may not be called any more, and after half an hour in any case", async () => {
    const [web, docs] = [await begin("web"), await begin("docs")];
    await docs.call(blocker, input);
    expect(await refer(docs.run.task.spec, Date.now() + MANAGER_ANSWERS_MS)).toBe(true);
    await store.plans.change(team.plan, (plan) => ({ ...plan, wakes: [], managerRuns: plan.caps.managerRuns }), 1);
    await web.call(blocker, input);
    await store.plans.change(team.plan, (plan) => ({ ...plan, wakes: [] }), 1);
    expect(await refer(web.run.task.spec)).toBe(true);
    expect(await persons(web.run.task.spec)).toHaveLength(1);
  });

  test("a question goes to the manager unless it is for a person; who has no manager cannot ask one", async () => {
    const web = await begin("web");
    const { spec } = web.run.task;
    const record = async (agent: typeof web, to?: string) => {
      const asking = agent.call(ask, { question: `Which, ${to}?`, ...(to && { to }) });
      await expect.poll(async () => (await taskNow(agent.run.task.spec)).questions?.length ?? 0).toBeGreaterThan(0);
      return asking;
    };
    void record(web);
    await expect.poll(async () => (await team.read()).wakes).toHaveLength(1);
    expect(openQuestions(await taskNow(spec))).toMatchObject([{ resolver: "manager" }]);
    const docs = await begin("docs");
    void record(docs, "person");
    await expect
      .poll(async () => openQuestions(await taskNow(docs.run.task.spec)))
      .toMatchObject([{ resolver: "person" }]);
    expect((await team.read()).wakes).toHaveLength(1);
    const alone = makeSpec({ commentId: ++commentId });
    await store.create(alone, STARTS);
    expect(await agentOf(alone).call(ask, { question: "Which?", to: "manager" })).toContain("You have no manager");
  });
});
