/**
 * Other programs ask: the SDK's own client by A2A, and another one by plain HTTP. A real bot, a real worker host, an agent that asks. GitHub
 * sees a pull request of each, and nothing else.
 */
import { type StreamResponse, TaskState } from "@a2a-js/sdk";
import type { Client } from "@a2a-js/sdk/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clientWith, saying, sent, statesIn } from "../a2a/client.ts";
import { runOrch } from "../cli/run-orch.ts";
import { type Orch, type Place, startOrch } from "../support/orch.ts";

let orch: Orch;
let token: string;
let client: Client;

beforeAll(async () => {
  orch = await startOrch({ agent: "asks", slots: 2, api: true });
  token = await tokenFor("ci", "maintainer");
  client = await clientWith(orch.apiUrl, token);
});
afterAll(() => orch.close());

async function tokenFor(program: string, login: string): Promise<string> {
  const args = ["a2a", "token", "add", program, "--repo", orch.repository.fullName, "--as", login, "--json"];
  const made = await runOrch(args, { cwd: orch.dir, env: orch.env });
  expect(made.code, made.stderr).toBe(0);
  return (JSON.parse(made.stdout) as { token: string }).token;
}

async function ask(
  method: string,
  path: string,
  body?: object,
  { key, by = token }: { key?: string; by?: string } = {},
) {
  const response = await fetch(`${orch.apiUrl}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${by}`,
      ...(body && { "content-type": "application/json" }),
      ...(key !== undefined && { "idempotency-key": key }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: each test says what it expects
  return { status: response.status, body: (await response.json()) as any };
}

/** Before that the agent of this test would not hear an answer. */
const parked = (taskId: string) => orch.task(taskId, ({ state }) => state.name === "waiting");

/** Whatever was made on GitHub, but for pull requests and branches. */
const saidOnGitHub = () =>
  orch.simulator
    .requests()
    .filter(
      ({ method, path }) => method !== "GET" && /\/(issues|comments|reactions|check-runs|labels|statuses)/.test(path),
    );

async function published(taskId: string, choice: string): Promise<void> {
  expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
  const { pushed, pullRequest } = (await orch.store.read(taskId)) ?? {};
  expect(pushed?.branch).toMatch(new RegExp(`^orch/task-.*-${taskId.slice(0, 8)}$`));
  expect(orch.simulator.state.fileAt(orch.repository, pushed?.branch ?? "", "choice.txt")).toBe(`${choice}\n`);
  const place: Place = { repository: orch.repository, number: pullRequest?.number ?? 0 };
  const pull = orch.simulator.state.pulls(orch.repository).find(({ number }) => number === place.number);
  expect(pull?.body).toContain("asked by `ci`");
  expect(pull?.body).not.toMatch(/\b(?:Fixes|Refs) #|#\d/);
  expect(orch.botComments(place)).toEqual([]);
}

describe("a whole task by A2A", () => {
  test("is asked for, asks, is answered over a restart of the bot, and ends as one pull request", async () => {
    const request = saying("write the file that is meant");
    const { id } = await sent(client, request);
    const waits = sent(client, {
      ...request,
      configuration: { acceptedOutputModes: [], taskPushNotificationConfig: undefined, returnImmediately: false },
    });
    const asked = await waits;
    expect(asked).toMatchObject({ id, status: { state: TaskState.TASK_STATE_INPUT_REQUIRED } });
    expect(JSON.stringify(asked.status?.message)).toContain("Which file is meant");

    const loopback = {
      tenant: "",
      id: "",
      taskId: id,
      url: `${orch.apiUrl.replace("http", "https")}/`,
      token: "",
      authentication: undefined,
    };
    await expect(client.createTaskPushNotificationConfig(loopback)).rejects.toThrow("loopback");

    await parked(id);
    await orch.bot.kill();
    await orch.bot.start();
    const events: StreamResponse[] = [];
    const stream = client.resubscribeTask({ tenant: "", id });
    events.push((await stream.next()).value as StreamResponse);
    const answer = saying("1", { taskId: id });
    await sent(client, answer);
    await sent(client, answer);
    for await (const event of stream) events.push(event);

    const states = statesIn(events);
    expect(states[0]).toBe(TaskState.TASK_STATE_INPUT_REQUIRED);
    expect(states).toContain(TaskState.TASK_STATE_WORKING);
    expect(states.at(-1)).toBe(TaskState.TASK_STATE_COMPLETED);
    const done = await client.getTask({ tenant: "", id });
    const pull = done.artifacts.find(({ artifactId }) => artifactId === "pull_request");
    expect(pull?.parts[0]?.content?.value).toMatchObject({ number: expect.any(Number), sha: expect.any(String) });
    await published(id, "the first, by @octocat");
    expect((await orch.store.read(id))?.runs.map(({ end }) => end)).toEqual(["parked", "pull_request"]);
    expect(saidOnGitHub()).toEqual([]);
  });
});

describe("a whole task by plain HTTP", () => {
  test("is dispatched, waited for, answered and waited for again", async () => {
    const wish = { instruction: "write the file that is meant", agent: "asks" };
    const [first, again] = [
      await ask("POST", "/v1/tasks", wish, { key: "build-1" }),
      await ask("POST", "/v1/tasks", wish, { key: "build-1" }),
    ];
    expect([first.status, again.status]).toEqual([202, 200]);
    expect(again.body.id).toBe(first.body.id);
    const path = `/v1/tasks/${first.body.id}`;
    const asked = await ask("GET", `${path}?wait=50s`);
    expect(asked.body.questions).toMatchObject([{ open: true }]);
    await parked(first.body.id);
    const answered = await ask("POST", `${path}/answers`, { question: asked.body.questions[0].id, answer: "2" });
    expect(answered).toMatchObject({ status: 200, body: { state: "done" } });
    const done = await ask("GET", `${path}?wait=50s`);
    expect(done.body).toMatchObject({
      over: true,
      outcome: { kind: "pull_request" },
      use: { runs: 2, inputTokens: 20 },
    });
    expect(done.body.pullRequest).toMatchObject({ number: done.body.outcome.number, draft: true });
    await published(first.body.id, "/orch cancel");
    expect(saidOnGitHub()).toEqual([]);
  });

  test("is not published when its owner has lost the permission meanwhile, and only the program is told", async () => {
    orch.simulator.createUser("colleague");
    orch.simulator.setPermission(orch.repository, "colleague", "write");
    const by = await tokenFor("nightly", "colleague");
    const { id } = (await ask("POST", "/v1/tasks", { instruction: "write the file patiently" }, { by })).body;
    const { questions } = (await ask("GET", `/v1/tasks/${id}?wait=50s`, undefined, { by })).body;
    await ask("POST", `/v1/tasks/${id}/answers`, { question: questions[0].id, answer: "2" }, { by });
    orch.simulator.setPermission(orch.repository, "colleague", "read");
    const done = await ask("GET", `/v1/tasks/${id}?wait=50s`, undefined, { by });
    expect(done.body).toMatchObject({
      over: true,
      outcome: { kind: "refused", reason: expect.stringContaining("no longer write") },
    });
    await orch.told(id);
    const late = await ask("POST", "/v1/tasks", { instruction: "write another file" }, { by });
    expect((await ask("GET", `/v1/tasks/${late.body.id}?wait=50s`, undefined, { by })).body).toMatchObject({
      state: "refused",
    });
    expect(saidOnGitHub()).toEqual([]);
  });
});
