/** Other programs ask over plain HTTP. A worker host is played by the store; every answer is judged by the published OpenAPI. */
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { MOST } from "../../src/api/rate.ts";
import { isOwnPlace } from "../../src/task/own-place.ts";
import { questionId } from "../../src/task/question.ts";
import { taskIdOf } from "../../src/task/task-id.ts";
import { STRANGER } from "../support/bot.ts";
import { claimedBy } from "../support/task-spec.ts";
import { callerOf, type Doors, openDoors } from "./doors.ts";

let doors: Doors;
beforeAll(async () => {
  doors = await openDoors();
});
afterAll(() => doors.orch.close());

const REPOSITORY = "octo-org/calculator";
const dispatch = (body: object, options: Parameters<Doors["ask"]>[2] = {}) =>
  doors.ask("POST", "/v1/tasks", { ...options, body: { repository: REPOSITORY, ...body } });
const idOf = ({ body }: { body: object }) => (body as { id: string }).id;
const taskOf = async (id: string) => (await doors.ask("GET", `/v1/tasks/${id}`)).body as Record<string, unknown>;
const waited = async (id: string, wait = "20s") => (await doors.ask("GET", `/v1/tasks/${id}?wait=${wait}`)).body;

/** Its agent works. */
async function working(body: object = { instruction: "add a test for sum" }): Promise<string> {
  const id = idOf(await dispatch(body));
  await doors.orch.quiet();
  await doors.orch.store.advance(id, claimedBy("h0000000"));
  await doors.orch.store.advance(id, { name: "phase", epoch: 1, phase: "working", at: Date.now() });
  return id;
}

describe("a task without an issue", () => {
  test("is asked for under a key, once, and GitHub hears nothing of it", async () => {
    const { orch } = doors;
    const instruction = "add a test for sum\nand one for difference";
    const first = await dispatch({ instruction, budget: "$2", agent: "scripted" }, { key: "run-1" });
    expect(first.status).toBe(202);
    expect(first.body).toMatchObject({ repository: REPOSITORY, instruction, over: false });
    const id = taskIdOf(orch.repository.id, { kind: "api", client: "ci", key: "run-1" });
    expect(idOf(first)).toBe(id);
    expect(first.headers.get("location")).toBe(`/v1/tasks/${id}`);
    await orch.quiet();
    const again = await dispatch({ instruction, budget: "$2", agent: "scripted" }, { key: "run-1" });
    expect([again.status, idOf(again)]).toEqual([200, id]);
    const other = await dispatch({ instruction: "something else" }, { key: "run-1" });
    expect([other.status, other.body]).toMatchObject([409, { error: { code: "conflict" } }]);

    const { spec } = (await orch.store.read(id)) ?? {};
    expect(spec).toMatchObject({
      origin: { kind: "api", client: "ci", key: "run-1" },
      instruction: "add a test for sum",
      details: "and one for difference",
      title: "add a test for sum",
      agent: "scripted",
      budget: { usd: 2 },
      actor: { login: "maintainer" },
    });
    expect(isOwnPlace(spec?.number ?? 0)).toBe(true);
    expect(spec?.conversation).toBe(spec?.number);
    expect(await taskOf(id)).toMatchObject({ state: "queued", headline: "Queued" });
    expect(await taskOf(id)).not.toHaveProperty("issue");
    await vi.waitFor(async () => expect(await orch.redis.zscore("orch:unreported", id)).toBeNull(), {
      timeout: 10_000,
    });
    expect(orch.github.requests().filter(({ method, path }) => method !== "GET" && path.includes("/issues"))).toEqual(
      [],
    );
  });

  test("is waited for, and cancelled by the program that asked", async () => {
    const id = await working();
    const waits = waited(id);
    const cancelled = await doors.ask("POST", `/v1/tasks/${id}/cancel`);
    expect([cancelled.status, cancelled.body]).toMatchObject([200, { state: "done" }]);
    await doors.orch.store.advance(id, {
      ...{ name: "ended", epoch: 1, at: Date.now() },
      outcome: { kind: "cancelled", reason: { kind: "command", by: "maintainer" } },
    });
    expect(await waits).toMatchObject({ state: "settled", over: true, outcome: { kind: "cancelled" } });
  });

  test("asks, which ends the waiting, and is answered; another answer is refused", async () => {
    const { orch } = doors;
    const id = await working();
    const waits = waited(id);
    const text = "Which of the two? ghp_16C7e42F292c6912E7710c838347Ae178B4a";
    const question = questionId(id, text);
    const asked = { id: question, text, options: ["the first", "the second"], epoch: 1, askedAt: Date.now() };
    await orch.store.advance(id, { name: "asked", epoch: 1, question: asked, at: Date.now() });
    const { questions } = (await waits) as unknown as { questions: object[] };
    expect(questions).toMatchObject([{ id: question, open: true, options: ["the first", "the second"] }]);
    expect(JSON.stringify(questions)).not.toContain("ghp_");
    const answered = await doors.ask("POST", `/v1/tasks/${id}/answers`, { body: { question, answer: "2" } });
    expect(answered).toMatchObject({ status: 200, body: { state: "done" } });
    expect((await orch.store.read(id))?.questions?.[0]?.answer).toMatchObject({ text: "the second" });
    const late = await doors.ask("POST", `/v1/tasks/${id}/answers`, { body: { question, answer: "the first" } });
    expect(late).toMatchObject({ status: 409, body: { state: "refused", message: expect.stringContaining(question) } });
    const unknown = await doors.ask("POST", `/v1/tasks/${id}/answers`, { body: { question: "q000000", answer: "1" } });
    expect(unknown.status).toBe(404);
  });

  test("is told something, and shows that its agent has not heard it yet", async () => {
    const id = await working();
    const told = await doors.ask("POST", `/v1/tasks/${id}/messages`, { body: { text: "use tabs" }, key: "m1" });
    const again = await doors.ask("POST", `/v1/tasks/${id}/messages`, { body: { text: "use tabs" }, key: "m1" });
    expect([told.status, again.status]).toEqual([200, 200]);
    expect(await taskOf(id)).toMatchObject({ messages: [{ state: "waits" }] });
  });
});

describe("a task under an issue", () => {
  test("is reported there as if a person had asked, and refuses nothing there", async () => {
    const { orch } = doors;
    const issue = await orch.openIssue();
    const id = idOf(await dispatch({ instruction: "fix the tests", issue }));
    await orch.quiet();
    expect(await taskOf(id)).toMatchObject({ issue, state: "queued" });
    await vi.waitFor(() =>
      expect(
        orch.github.state
          .comments(orch.repository, issue)
          .map(({ body }) => body)
          .join(),
      ).toContain("asked by `ci`"),
    );
  });

  test("that there is not is said at once", async () => {
    const none = await dispatch({ instruction: "fix the tests", issue: 9_999 });
    expect(none).toMatchObject({ status: 404, body: { error: { code: "not_found" } } });
  });
});

describe("what is refused", () => {
  test("is told to the program, and not on GitHub: a person without permission, an agent that nobody has", async () => {
    const { orch, tokens, ask } = doors;
    const stranger = await tokens.add(callerOf(orch, "stranger-ci", STRANGER));
    const issue = await orch.openIssue();
    const body = { repository: REPOSITORY, instruction: "fix the tests", issue };
    const id = idOf(await ask("POST", "/v1/tasks", { token: stranger, body }));
    const refused = (await ask("GET", `/v1/tasks/${id}?wait=20s`, { token: stranger })).body;
    expect(refused).toMatchObject({ state: "refused", over: true, says: [expect.stringContaining("stranger")] });
    const unknown = idOf(await dispatch({ instruction: "fix the tests", agent: "nobody-has-it" }));
    expect(await waited(unknown)).toMatchObject({ state: "refused", says: [expect.stringContaining("nobody-has-it")] });
    await orch.quiet();
    expect(orch.github.state.comments(orch.repository, issue)).toEqual([]);
  });

  test("another program's task, or none, is not found", async () => {
    const { orch, tokens, ask } = doors;
    const other = await tokens.add(callerOf(orch, "other"));
    const id = idOf(await dispatch({ instruction: "fix the tests" }));
    for (const path of [`/v1/tasks/${id}`, "/v1/tasks/taaaaaaaaaaaaaaa", "/v1/tasks/x"])
      expect((await ask("GET", path, { token: other })).status).toBe(404);
    expect((await ask("POST", `/v1/tasks/${id}/cancel`, { token: other })).status).toBe(404);
  });

  test("no token, a wrong one and a revoked one get nothing, of any path", async () => {
    const { orch, tokens, ask } = doors;
    const revoked = await tokens.add(callerOf(orch, "gone"));
    expect((await ask("GET", "/v1/tasks/taaaaaaaaaaaaaaa", { token: revoked })).status).toBe(404);
    expect(await tokens.revoke("gone")).toBe(1);
    for (const token of ["", "nonsense", `orch_api_${"a".repeat(43)}`, revoked]) {
      const answer = await ask("POST", "/v1/tasks", { token, body: { instruction: "fix the tests" } });
      expect(answer).toMatchObject({ status: 401, body: { error: { code: "unauthorized" } } });
      expect(answer.headers.get("www-authenticate")).toBe("Bearer");
      expect((await ask("GET", "/nothing", { token })).status).toBe(401);
    }
  });

  test("a token that is taken away ends what waits under it", async () => {
    const { orch, tokens, ask } = doors;
    const token = await tokens.add(callerOf(orch, "leaver"));
    const body = { repository: REPOSITORY, instruction: "fix the tests" };
    const id = idOf(await ask("POST", "/v1/tasks", { token, body }));
    await orch.quiet();
    const waits = ask("GET", `/v1/tasks/${id}?wait=50s`, { token });
    await tokens.revoke("leaver");
    expect((await waits).status).toBe(401);
  });

  test("Redis has no token, only a hash", async () => {
    const all = JSON.stringify(await doors.orch.redis.hgetall("orch:callers:tokens"));
    expect(all).not.toContain(doors.token);
    expect(all).toMatch(/"[0-9a-f]{64}"/);
  });

  test.each([
    ["no JSON", "{"],
    ["no instruction", {}],
    ["a word too many", { instruction: "fix the tests", shell: "rm" }],
    ["a budget that is none", { instruction: "fix the tests", budget: "much" }],
    ["a model that is an option", { instruction: "fix the tests", model: "--dangerous" }],
    ["a proposal that nobody could approve", { instruction: "fix the tests", plan: true }],
    ["a first line that is too long", { instruction: "x".repeat(4_001) }],
  ])("%s is said to be wrong", async (_, body) => {
    expect(await doors.ask("POST", "/v1/tasks", { body })).toMatchObject({
      status: 400,
      body: { error: { code: "invalid" } },
    });
  });

  test("a repository that the token is not for, a key that is none, a body that is too large, another method", async () => {
    const { ask } = doors;
    expect((await dispatch({ instruction: "fix it all", repository: "octo-org/other" })).status).toBe(403);
    expect((await dispatch({ instruction: "fix it all" }, { key: "é" })).status).toBe(400);
    expect((await ask("POST", "/v1/tasks", { body: `"${"x".repeat(200_000)}"` })).status).toBe(413);
    expect((await ask("GET", "/v1/tasks")).status).toBe(405);
    expect((await ask("GET", "/v2")).status).toBe(404);
    expect((await ask("GET", "/v1/tasks/taaaaaaaaaaaaaaa?wait=ever")).status).toBe(400);
  });

  test("who asks too often is told when to go on", async () => {
    const { orch, tokens, ask } = doors;
    const eager = await tokens.add(callerOf(orch, "eager"));
    const body = { instruction: "fix the tests" };
    const all = await Promise.all(
      Array.from({ length: 2 * MOST.task + 1 }, () => ask("POST", "/v1/tasks", { token: eager, body })),
    );
    const tooMany = all.filter(({ status }) => status === 429);
    expect(tooMany.length).toBeGreaterThan(0);
    expect(Number(tooMany[0]?.headers.get("retry-after"))).toBeGreaterThan(0);
  });
});

test("whoever sends slowly, or nothing, is cut off, and others are answered meanwhile", async () => {
  const { port } = new URL(doors.orch.apiUrl());
  const slow = connect(Number(port), "127.0.0.1");
  const closed = new Promise((resolve) => slow.once("close", resolve));
  slow.on("error", () => undefined).resume();
  slow.write("POST /v1/tasks HTTP/1.1\r\nHost: x\r\n");
  expect((await fetch(`${doors.orch.apiUrl()}/openapi.json`)).status).toBe(200);
  await closed;
}, 20_000);

test("what is published names every route, with the schema of each answer", () => {
  const { document } = doors;
  expect(document).toMatchObject({ openapi: "3.1.1" });
  expect(Object.keys(document.paths)).toEqual([
    "/v1/tasks",
    "/v1/tasks/{id}",
    "/v1/tasks/{id}/cancel",
    "/v1/tasks/{id}/answers",
    "/v1/tasks/{id}/messages",
    "/v1/plans/{id}",
  ]);
});
