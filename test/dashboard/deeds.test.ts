/** What people do at the dashboard, between a real bot, a real Redis and a GitHub on loopback; the worker host is played by the store. */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { makeSessions } from "../../dashboard/door/sessions.ts";
import { freePort } from "../../demo/free-port.ts";
import { makeDeeds } from "../../src/task/deeds.ts";
import { readPause } from "../../src/task/pause.ts";
import { taskIdOf } from "../../src/task/task-id.ts";
import { type BotSetting, MAINTAINER, STRANGER, startBotSetting } from "../support/bot.ts";
import { sendForm, signIn, type visitorOf } from "../support/dashboard.ts";

type Visitor = ReturnType<typeof visitorOf>;

let orch: BotSetting;
let url: string;
let operator: Visitor;
beforeAll(async () => {
  const port = await freePort();
  orch = await startBotSetting({ dashboard: () => ({ host: "127.0.0.1", port, operators: [] }) });
  url = orch.dashboardUrl();
  operator = await signIn({ url, redisUrl: orch.server.url, by: "root" });
});
afterAll(() => orch.close());

/** Somebody whom GitHub has named: the way there has tests of its own. */
async function person(login: string): Promise<Visitor & { token: string }> {
  const { id } = orch.github.createUser(login);
  const cookie = await makeSessions(orch.redis, Date.now).begin({ by: "github", id, login });
  const session = await makeSessions(orch.redis, Date.now).find(cookie);
  const { visitorOf } = await import("../support/dashboard.ts");
  return { ...visitorOf(url, `orch-${new URL(url).port}=${cookie}`), token: session?.formToken ?? "" };
}

async function newTask(): Promise<{ id: string; number: number }> {
  const number = await orch.openIssue();
  const { id } = await orch.comment(number, "/orch fix the tests");
  await orch.quiet();
  return { id: orch.taskId(id), number };
}

const deedsOf = (id: string) => makeDeeds(orch.redis).ofTask(id);
const key = () => randomBytes(16).toString("base64url");
const token = async (cookie: string) => {
  const [, value] = cookie.split("=");
  return (await makeSessions(orch.redis, Date.now).find(value))?.formToken ?? "";
};
const post = async (path: string, fields: Record<string, string> = {}) =>
  await sendForm(url, path, { token: await token(operator.cookie), ...fields }, { cookie: operator.cookie });

const progress = async (number: number, text: string) =>
  await vi.waitFor(
    () => {
      const bodies = orch.github.state.comments(orch.repository, number).map(({ body }) => body);
      expect(bodies.some((body) => body.includes(text))).toBe(true);
    },
    { timeout: 20_000, interval: 20 },
  );

describe("whoever operates Orch", () => {
  test("cancels a task, and its comment says who it was", async () => {
    const { id, number } = await newTask();
    const answer = await post(`/tasks/${id}/cancel`);
    expect(answer.status).toBe(303);
    expect(answer.headers.get("location")).toMatch(new RegExp(`^/tasks/${id}\\?said=[\\w-]+$`));
    await progress(number, "The operator of this App (`root`) cancelled the task.");
    expect(await deedsOf(id)).toMatchObject([
      { verb: "task", via: "comment", by: { name: MAINTAINER, id: expect.any(Number) }, done: true, tasks: [id] },
      { verb: "cancel", via: "dashboard", by: { name: "root" }, done: true, tasks: [id] },
    ]);
    expect(orch.replies(number)).toEqual([]);
  });

  test("has it done once more by another agent, once, however often the button is pressed", async () => {
    const { id, number } = await newTask();
    await post(`/tasks/${id}/cancel`);
    await orch.quiet();
    const fields = { agent: "scripted", model: "a model", key: key() };
    const answers = await Promise.all([1, 2, 3].map(() => post(`/tasks/${id}/retry`, fields)));
    expect(answers.map(({ status }) => status)).toEqual([303, 303, 303]);
    await post(`/tasks/${id}/retry`);
    await post(`/tasks/${id}/retry`);
    await orch.quiet();
    const ids = (await orch.store.idsOfIssue(orch.repository.id, number)).filter((each) => each !== id);
    const tasks = await orch.store.readMany(ids);
    expect(tasks.map(({ spec }) => [spec.origin.kind, spec.agent, spec.model])).toEqual([
      ["dashboard", "scripted", "a model"],
      ["dashboard", undefined, undefined],
    ]);
    await progress(number, "The operator `root` asked at the dashboard:");
    expect((await deedsOf(id)).map(({ verb }) => verb)).toEqual(["task", "cancel", "retry", "retry"]);
  });

  test("is told why something did not come about, on the page and nowhere else", async () => {
    const { id, number } = await newTask();
    await post(`/tasks/${id}/retry`);
    expect(await deedsOf(id)).toMatchObject([{ verb: "task" }]);
    expect(orch.replies(number)).toEqual([]);
  });

  test("says something to an agent, which GitHub is told in one line", async () => {
    const { id, number } = await newTask();
    await post(`/tasks/${id}/tell`, { text: "use tabs\n@everybody <b>" });
    await orch.quiet();
    expect(await orch.store.messages.sent(id)).toMatchObject([{ by: "operator root" }]);
    await vi.waitFor(() =>
      expect(orch.replies(number)).toEqual([
        expect.stringContaining(
          `The operator of this App (\`root\`) said something to the agent of task \`${id}\` at the dashboard.`,
        ),
      ]),
    );
  });

  test("holds everything back and lets it go on", async () => {
    expect((await post("/queue/pause")).headers.get("location")).toBe("/");
    expect((await readPause(orch.redis)).pause).toMatchObject({ by: "root" });
    await post("/queue/resume");
    expect((await readPause(orch.redis)).pause).toBeUndefined();
    const [resume, pause] = await makeDeeds(orch.redis).newest({ most: 2 });
    expect([pause, resume]).toMatchObject([
      { verb: "pause", via: "dashboard", by: { name: "root" }, done: true },
      { verb: "resume", done: true },
    ]);
  });

  test("drains no host that there is not", async () => {
    expect((await post("/hosts/h1234567/drain")).status).toBe(404);
  });
});

describe("somebody who has signed in with GitHub", () => {
  test("may what they may write, under their own name", async () => {
    const { id, number } = await newTask();
    const { cookie, token: own } = await person(MAINTAINER);
    const answer = await sendForm(url, `/tasks/${id}/cancel`, { token: own }, { cookie });
    expect(answer.status).toBe(303);
    await progress(number, `\`${MAINTAINER}\` cancelled the task.`);
    expect((await deedsOf(id)).at(-1)).toMatchObject({
      verb: "cancel",
      by: { name: MAINTAINER, id: expect.any(Number) },
    });
  });

  test("finds no deed on a task that they may not write to, as on one that there is not", async () => {
    const { id } = await newTask();
    const { cookie, token: own, get } = await person(STRANGER);
    const verbs = ["cancel", "retry", "tell", "answer", "approve", "plan"];
    const none = taskIdOf(1, { kind: "comment", id: 1, line: 1, url: "" });
    const answers = await Promise.all(
      [id, none].map((each) =>
        Promise.all(
          verbs.map(async (verb) => {
            const answer = await sendForm(url, `/tasks/${each}/${verb}`, { token: own, text: "x" }, { cookie });
            return [answer.status, await answer.text()];
          }),
        ),
      ),
    );
    expect(answers[0]).toEqual(answers[1]);
    expect(answers.flat().map(([status]) => status)).toEqual(Array(12).fill(404));
    for (const path of ["/queue/pause", "/queue/resume", "/hosts/h0000000/drain"])
      expect((await sendForm(url, path, { token: own }, { cookie })).status).toBe(404);
    expect((await get("/queue/pause")).status).toBe(404);
    expect((await orch.store.read(id))?.cancel).toBeUndefined();
  });
});

test("a form that lacks what its deed needs does nothing", async () => {
  const { id } = await newTask();
  const wrong: [string, Record<string, string>][] = [
    ["tell", {}],
    ["tell", { text: " " }],
    ["tell", { text: "x".repeat(5_000) }],
    ["answer", { text: "yes" }],
    ["answer", { question: "../q", text: "yes" }],
    ["approve", { proposal: "all" }],
    ["plan", { proposal: "p3fa81c" }],
    ["retry", { agent: "--evil" }],
  ];
  for (const [verb, fields] of wrong)
    expect([verb, (await post(`/tasks/${id}/${verb}`, fields)).status]).toEqual([verb, 400]);
  expect((await deedsOf(id)).map(({ verb }) => verb)).toEqual(["task"]);
});
