/** The SDK's own client speaks A2A with a bot. A worker host is played by the store. */
import { type StreamResponse, TaskState } from "@a2a-js/sdk";
import type { Client } from "@a2a-js/sdk/client";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { questionId } from "../../src/task/question.ts";
import { taskIdOf } from "../../src/task/task-id.ts";
import { callerOf, type Doors, openDoors } from "../api/doors.ts";
import { STRANGER } from "../support/bot.ts";
import { claimedBy } from "../support/task-spec.ts";
import { clientWith, saying, sent, statesIn } from "./client.ts";

let doors: Doors;
let client: Client;
beforeAll(async () => {
  doors = await openDoors();
  client = await clientWith(doors.orch.apiUrl(), doors.token);
});
afterAll(() => doors.orch.close());

async function claimed(id: string): Promise<void> {
  await doors.orch.quiet();
  await doors.orch.store.advance(id, claimedBy("h0000000"));
  await doors.orch.store.advance(id, { name: "phase", epoch: 1, phase: "working", at: Date.now() });
}

async function asks(id: string, text: string): Promise<string> {
  const question = questionId(id, text);
  const asked = { id: question, text, options: ["the first", "the second"], epoch: 1, askedAt: Date.now() };
  await doors.orch.store.advance(id, { name: "asked", epoch: 1, question: asked, at: Date.now() });
  return question;
}

const ends = (id: string) =>
  doors.orch.store.advance(id, {
    ...{ name: "ended", epoch: 1, at: Date.now() },
    outcome: { kind: "no_changes", lastWords: "There was nothing to do." },
  });

/** The raw call, as a client that knows nothing would make it. */
async function rpc(method: string, params: unknown, headers: Record<string, string> = { "a2a-version": "1.0" }) {
  const response = await fetch(`${doors.orch.apiUrl()}/a2a`, {
    method: "POST",
    headers: { authorization: `Bearer ${doors.token}`, "content-type": "application/json", ...headers },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  return (await response.json()) as { result?: unknown; error?: { code: number; message: string } };
}

describe("the agent card", () => {
  test("names the endpoint, the token and a skill for each agent that a living host offers", async () => {
    const response = await fetch(`${doors.orch.apiUrl()}/.well-known/agent-card.json`);
    expect(await response.json()).toMatchObject({
      name: "Orch",
      supportedInterfaces: [{ url: `${doors.orch.apiUrl()}/a2a`, protocolBinding: "JSONRPC", protocolVersion: "1.0" }],
      capabilities: { streaming: true, pushNotifications: true },
      securitySchemes: { token: { httpAuthSecurityScheme: { scheme: "bearer" } } },
      skills: [{ id: "agent-scripted" }],
    });
  });

  test("promises nothing that is not there: no other binding, no extension, no second card", async () => {
    const { orch, ask } = doors;
    const card = await (await fetch(`${orch.apiUrl()}/.well-known/agent-card.json`)).json();
    expect(card).not.toHaveProperty("capabilities.extendedAgentCard", true);
    expect(card).not.toHaveProperty("capabilities.extensions.0");
    // HTTP+JSON and 0.3, as clients would try them.
    for (const path of ["/a2a/message:send", "/message:send", "/v1/message:send", "/.well-known/agent.json"])
      expect((await ask("POST", path, { body: saying("fix it all") })).status).toBe(404);
    expect((await rpc("GetExtendedAgentCard", {})).error?.code).toBe(-32_007);
  });

  test("is all that there is without a token", async () => {
    const answer = await fetch(`${doors.orch.apiUrl()}/a2a`, { method: "POST", body: "{}" });
    expect(answer.status).toBe(401);
  });
});

describe("what a client without the SDK does wrong", () => {
  test("without A2A-Version it speaks 0.3, and an old method is none", async () => {
    expect((await rpc("GetTask", { id: "t" }, {})).error?.code).toBe(-32_009);
    expect((await rpc("message/send", {})).error?.code).toBe(-32_601);
  });

  test.each([
    ["a message that says nothing", { messageId: "m", role: "ROLE_USER", parts: [] }],
    ["one without an id", { role: "ROLE_USER", parts: [{ text: "fix it all" }] }],
    ["one that is no user's", { messageId: "m", role: "ROLE_AGENT", parts: [{ text: "fix it all" }] }],
    [
      "another repository",
      {
        messageId: "m",
        role: "ROLE_USER",
        parts: [{ text: "fix it all" }],
        metadata: { repository: "octo-org/other" },
      },
    ],
    [
      "a budget that is none",
      { messageId: "m", role: "ROLE_USER", parts: [{ text: "fix it all" }], metadata: { budget: "much" } },
    ],
  ])("%s is refused in words", async (_, message) => {
    const { error } = await rpc("SendMessage", { message, configuration: { returnImmediately: true } });
    expect(error).toMatchObject({ code: expect.any(Number), message: expect.stringMatching(/\w+ /) });
    expect(error?.code).not.toBe(-32_603);
  });

  test.each([[[]], ["text"], [{ message: 1 }], [{ message: { parts: 3, role: {} } }], [null]])(
    "params that make no sense (%j) end nothing but the call",
    async (params) => {
      expect((await rpc("SendMessage", params)).error?.code).toBeLessThan(0);
      expect((await rpc("GetTask", { id: "taaaaaaaaaaaaaaa" })).error?.code).toBe(-32_001);
    },
  );
});

describe("a message", () => {
  test("is a task whose id is made of it: sent again, it is the same task, asked for once", async () => {
    const request = saying("add a test for sum", { messageId: "m-1", contextId: "our talk" });
    const first = await sent(client, request);
    const again = await sent(client, request);
    const id = taskIdOf(doors.orch.repository.id, { kind: "api", client: "ci", key: "message m-1" });
    expect([first.id, again.id]).toEqual([id, id]);
    expect(first).toMatchObject({ contextId: "our talk", metadata: { repository: "octo-org/calculator" } });
    await doors.orch.quiet();
    expect((await client.getTask({ tenant: "", id })).status?.state).toBe(TaskState.TASK_STATE_SUBMITTED);
  });

  test("is waited for until the agent asks; the answer goes to the question, and a repeated one to nothing else", async () => {
    const { orch } = doors;
    const { id } = await sent(client, saying("add a test for difference"));
    await claimed(id);
    const waits = sent(client, saying("use tabs", { taskId: id }, false));
    await vi.waitFor(async () => expect(await orch.store.messages.sent(id)).toHaveLength(1));
    const question = await asks(id, "Which of the two?");
    const asked = await waits;
    expect(asked.status).toMatchObject({ state: TaskState.TASK_STATE_INPUT_REQUIRED });
    expect(asked.status?.message?.parts[0]?.content).toMatchObject({ value: expect.stringContaining("2. the second") });

    const answer = saying("2", { taskId: id, messageId: "answer-1" });
    expect((await sent(client, answer)).status?.state).toBe(TaskState.TASK_STATE_WORKING);
    expect((await sent(client, answer)).status?.state).toBe(TaskState.TASK_STATE_WORKING);
    const { questions } = (await orch.store.read(id)) ?? {};
    expect(questions).toMatchObject([{ id: question, answer: { text: "the second" } }]);
    expect(await orch.store.messages.sent(id)).toHaveLength(1);
  });

  test("to a task that is over is refused, and so is its cancellation", async () => {
    const { id } = await sent(client, saying("add a test for product"));
    await claimed(id);
    await ends(id);
    await expect(client.sendMessage(saying("more", { taskId: id }))).rejects.toThrow(/over/);
    await expect(client.cancelTask({ tenant: "", id, metadata: undefined })).rejects.toThrow(/over/);
    const task = await client.getTask({ tenant: "", id });
    expect(task.status?.state).toBe(TaskState.TASK_STATE_COMPLETED);
    expect(task.artifacts.map(({ artifactId }) => artifactId)).toEqual(["summary", "receipt"]);
  });

  test("of a program whose owner may not write to the repository is refused, without a word on GitHub", async () => {
    const { orch, tokens } = doors;
    const issue = await orch.openIssue();
    const own = await clientWith(orch.apiUrl(), await tokens.add(callerOf(orch, "a-stranger", STRANGER)));
    const { status, metadata } = await sent(own, saying("fix it all", { metadata: { issue } }, false));
    expect([status?.state, metadata]).toMatchObject([TaskState.TASK_STATE_REJECTED, { issue }]);
    expect(JSON.stringify(status?.message)).toContain("write permission");
    expect(orch.github.state.comments(orch.repository, issue)).toEqual([]);
  });

  test("that is refused says why", async () => {
    const { id } = await sent(client, saying("add a test", { metadata: { agent: "nobody-has-it" } }, false));
    const task = await client.getTask({ tenant: "", id });
    expect(task.status?.state).toBe(TaskState.TASK_STATE_REJECTED);
    expect(JSON.stringify(task.status?.message)).toContain("nobody-has-it");
  });
});

describe("a stream", () => {
  test("tells of each change until the end, also to whoever subscribes again after the bot was restarted", async () => {
    const { orch } = doors;
    const all: StreamResponse[] = [];
    const stream = client.sendMessageStream(saying("add a test for quotient"));
    const first = (await stream.next()).value as StreamResponse;
    const id = first.payload?.$case === "task" ? first.payload.value.id : "";
    await claimed(id);
    await vi.waitFor(async () => {
      const { value } = await stream.next();
      if (value) all.push(value);
      expect(statesIn(all)).toContain(TaskState.TASK_STATE_WORKING);
    });
    await orch.stopBot();
    await expect(stream.next().then(({ done }) => done)).resolves.toBe(true);

    await orch.startBot();
    client = await clientWith(orch.apiUrl(), doors.token);
    const since: StreamResponse[] = [];
    const again = client.resubscribeTask({ tenant: "", id });
    since.push((await again.next()).value as StreamResponse);
    await ends(id);
    for await (const event of again) since.push(event);
    expect(statesIn(since)).toEqual([TaskState.TASK_STATE_WORKING, TaskState.TASK_STATE_COMPLETED]);
    const artifacts = since.flatMap(({ payload }) =>
      payload?.$case === "artifactUpdate" ? [payload.value.artifact?.artifactId] : [],
    );
    expect(artifacts).toEqual(["summary", "receipt"]);
    await expect(client.resubscribeTask({ tenant: "", id }).next()).rejects.toThrow(/over/);
  });

  test("is one of a few at once for a program; one that is left makes room", async () => {
    const { orch, tokens } = doors;
    const token = await tokens.add(callerOf(orch, "many"));
    const own = await clientWith(orch.apiUrl(), token);
    const { id } = await sent(own, saying("add a test for many"));
    const leave = new AbortController();
    const subscribe = () =>
      fetch(`${orch.apiUrl()}/a2a`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json", "a2a-version": "1.0" },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "SubscribeToTask", params: { id } }),
        signal: leave.signal,
      });
    const open = await Promise.all(Array.from({ length: 64 }, subscribe));
    expect(new Set(open.map(({ status }) => status))).toEqual(new Set([200]));
    const { status, headers } = await subscribe();
    expect([status, Number(headers.get("retry-after")) > 0]).toEqual([429, true]);
    leave.abort();
    await vi.waitFor(async () => expect((await own.getTask({ tenant: "", id })).id).toBe(id));
  });

  test("that nobody reads any more is let go", async () => {
    const { id } = await sent(client, saying("add a test for remainder"));
    const stop = new AbortController();
    const stream = client.resubscribeTask({ tenant: "", id }, { signal: stop.signal });
    await stream.next();
    stop.abort();
    await expect(stream.next()).rejects.toThrow();
  });
});

test("a running task is cancelled, and is over when its agent has been stopped", async () => {
  const { orch } = doors;
  const { id } = await sent(client, saying("add a test for power"));
  await claimed(id);
  const cancelled = client.cancelTask({ tenant: "", id, metadata: undefined });
  await vi.waitFor(async () => expect((await orch.store.read(id))?.cancel).toBeDefined());
  await orch.store.advance(id, {
    ...{ name: "ended", epoch: 1, at: Date.now() },
    outcome: { kind: "cancelled", reason: { kind: "command", by: "maintainer" } },
  });
  expect((await cancelled).status?.state).toBe(TaskState.TASK_STATE_CANCELED);
});

test("a program's tasks are listed newest first, by state and by context; another program has none of them", async () => {
  const { orch, tokens } = doors;
  const own = await clientWith(orch.apiUrl(), await tokens.add(callerOf(orch, "lister")));
  const ids: string[] = [];
  for (const each of ["one", "two", "three"])
    ids.push((await sent(own, saying(`add a test for ${each}`, { contextId: each === "two" ? "second" : "" }))).id);
  const asked = {
    tenant: "",
    contextId: "",
    status: TaskState.TASK_STATE_UNSPECIFIED,
    pageToken: "",
    statusTimestampAfter: undefined,
  };
  const first = await own.listTasks({ ...asked, pageSize: 2 });
  expect(first.tasks.map(({ id }) => id)).toEqual([ids[2], ids[1]]);
  const next = await own.listTasks({ ...asked, pageSize: 2, pageToken: first.nextPageToken });
  expect(next).toMatchObject({ tasks: [{ id: ids[0] }], nextPageToken: "", totalSize: 3 });
  expect((await own.listTasks({ ...asked, contextId: "second" })).tasks.map(({ id }) => id)).toEqual([ids[1]]);
  const other = await clientWith(orch.apiUrl(), await tokens.add(callerOf(orch, "nobody")));
  expect((await other.listTasks(asked)).tasks).toEqual([]);
});

describe("a program that wants to be called", () => {
  test("where nobody may be called asks for nothing", async () => {
    const { orch, tokens } = doors;
    const own = await clientWith(orch.apiUrl(), await tokens.add(callerOf(orch, "caller")));
    const request = saying("add a test for nothing");
    const wanted = {
      ...request,
      configuration: {
        acceptedOutputModes: [],
        returnImmediately: true,
        taskPushNotificationConfig: hook("", "https://127.0.0.1/"),
      },
    };
    await expect(own.sendMessage(wanted)).rejects.toThrow("loopback");
    const all = {
      tenant: "",
      contextId: "",
      status: TaskState.TASK_STATE_UNSPECIFIED,
      pageToken: "",
      statusTimestampAfter: undefined,
    };
    expect(await own.listTasks(all)).toMatchObject({ tasks: [], totalSize: 0 });
  });

  const hook = (taskId: string, url: string) => ({
    ...{ tenant: "", id: "", taskId, url, token: "t", authentication: { scheme: "Bearer", credentials: "secret" } },
  });

  test.each([
    "https://127.0.0.1/hook",
    "https://[::1]/hook",
    "https://localhost/hook",
    "https://169.254.169.254/latest/meta-data",
    "https://10.1.2.3/hook",
    "http://example.com/hook",
    "https://user:pass@example.com/hook",
    "file:///etc/passwd",
    "nonsense",
  ])("at %s is refused", async (url) => {
    const { id } = await sent(client, saying("add a test for push", { messageId: "push" }));
    await expect(client.createTaskPushNotificationConfig(hook(id, url))).rejects.toThrow(/url|host/i);
    const request = saying("add a test for push", { messageId: "push" });
    const wanted = {
      ...request,
      configuration: {
        ...request.configuration,
        acceptedOutputModes: [],
        returnImmediately: true,
        taskPushNotificationConfig: hook("", url),
      },
    };
    await expect(client.sendMessage(wanted)).rejects.toThrow(/url|host/i);
    expect(
      await client.listTaskPushNotificationConfig({ tenant: "", taskId: id, pageSize: 10, pageToken: "" }),
    ).toMatchObject({ configs: [] });
  });
});
