/** Telling programs of their tasks at an address of theirs: here one on this machine, which only the test counts as public. */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Redis } from "ioredis";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Hooks, makeHooks } from "../../a2a/hooks.ts";
import { type Address, addressesOf, PUBLIC, post, type Reach, targetIn } from "../../a2a/push-target.ts";
import type { Desk } from "../../src/api/desk.ts";
import type { TaskAnswer } from "../../src/api/task-answer.ts";
import { makeTokens } from "../../src/api/tokens.ts";
import { connectRedis, waitForRedis } from "../../src/task/redis.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

type Call = { url: string; headers: Record<string, unknown>; body: string };

const CALLER = {
  client: "ci",
  repositories: [{ id: 1, owner: "o", name: "r", installationId: 1 }],
  actor: { id: 2, login: "octocat" },
  madeAt: 1,
};
const TASK = "taaaaaaaaaaaaaaa";
const NOTHING = { questions: [], messages: [] };

let server: TestRedis;
let redis: Redis;
let https: Server;
let reach: Reach;
let hooks: Hooks;
let task: TaskAnswer;
let answers: number[];
let calls: Call[];
let url: string;
const dir = mkdtempSync(join(tmpdir(), "orch-hooks-"));

beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis(server.url, "test");
  await waitForRedis(redis, 5_000);
  const [key, cert] = [join(dir, "key.pem"), join(dir, "cert.pem")];
  execFileSync(
    "openssl",
    `req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=hooks.example -addext subjectAltName=DNS:hooks.example -keyout ${key} -out ${cert}`.split(
      " ",
    ),
    { stdio: "ignore" },
  );
  https = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    calls.push({ url: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks).toString() });
    response.writeHead(answers.shift() ?? 200, { location: "https://127.0.0.1/elsewhere" }).end("x".repeat(1_000));
  }).listen(0, "127.0.0.1");
  await once(https, "listening");
  url = `https://hooks.example:${(https.address() as AddressInfo).port}/hook`;
  const here: Address = { address: "127.0.0.1", family: 4 };
  reach = { resolve: async () => [here], whyNot: () => undefined, ca: readFileSync(cert, "utf8") };
});
afterAll(async () => {
  https.close();
  redis.disconnect();
  await server.stop();
  rmSync(dir, { recursive: true });
});
beforeEach(async () => {
  await redis.flushall();
  await makeTokens(redis).add(CALLER);
  [calls, answers] = [[], []];
  task = {
    id: TASK,
    repository: "o/r",
    instruction: "x",
    askedAt: "",
    since: "",
    ...NOTHING,
    state: "running",
    over: false,
    headline: "The agent is working",
    says: [],
  };
  const desk = { seen: async () => ({ asked: { client: "ci" }, answer: task }) } as unknown as Desk;
  hooks = makeHooks({ redis, desk, tokens: makeTokens(redis), now: Date.now, log: pino({ level: "silent" }), reach });
});

const hook = {
  tenant: "",
  id: "",
  taskId: TASK,
  url: "",
  token: "t-1",
  authentication: { scheme: "Bearer", credentials: "secret" },
};

/** One look at what is due. */
async function look(at = Date.now()): Promise<void> {
  for (const taken of await hooks.due.take(at, 10)) await hooks.tell(taken);
}

test("a program is told of each state once, with what it wants to be sent along, and then no more", async () => {
  const made = await hooks.add(CALLER, { ...hook, url });
  expect(made).toMatchObject({ url, authentication: { scheme: "Bearer", credentials: "" }, token: "" });
  await look();
  await hooks.noticed(TASK);
  await look();
  expect(calls).toHaveLength(1);
  expect(calls[0]).toMatchObject({
    url: "/hook",
    headers: {
      authorization: "Bearer secret",
      "x-a2a-notification-token": "t-1",
      "content-type": "application/a2a+json",
    },
  });
  expect(JSON.parse(calls[0]?.body ?? "")).toMatchObject({
    task: { id: TASK, status: { state: "TASK_STATE_WORKING" } },
  });

  task = { ...task, state: "settled", over: true, outcome: { kind: "pull_request" } };
  expect(await hooks.noticed(TASK)).toBe(true);
  await look();
  expect(calls.map(({ body }) => JSON.parse(body).task.status.state)).toEqual([
    "TASK_STATE_WORKING",
    "TASK_STATE_COMPLETED",
  ]);
  expect(await hooks.due.size()).toBe(0);
  expect(await hooks.noticed(TASK)).toBe(false);
});

test("what fails is tried again, later each time, and a redirect is followed nowhere", async () => {
  answers = [500, 302];
  await hooks.add(CALLER, { ...hook, url });
  await look();
  await look();
  expect(calls).toHaveLength(1);
  await look(Date.now() + 6_000);
  expect(calls.map((call) => call.url)).toEqual(["/hook", "/hook"]);
  await look(Date.now() + 20_000);
  expect(calls).toHaveLength(3);
  await hooks.noticed(TASK);
  await look();
  expect(calls).toHaveLength(3);
});

test("whose token was taken away is told nothing any more", async () => {
  await hooks.add(CALLER, { ...hook, url });
  await makeTokens(redis).revoke("ci");
  await look();
  expect([calls, await hooks.all(TASK), await hooks.due.size()]).toEqual([[], [], 0]);
});

test("a config is shown without its credentials, taken away when asked, and there are few of them", async () => {
  for (let count = 0; count < 5; count++) await hooks.add(CALLER, { ...hook, id: `h${count}`, url });
  await expect(hooks.add(CALLER, { ...hook, id: "one-more", url })).rejects.toThrow("at most 5");
  expect(JSON.stringify(await hooks.all(TASK))).not.toMatch(/secret|t-1/);
  for (let count = 0; count < 5; count++) await hooks.remove(TASK, `h${count}`);
  expect(await hooks.all(TASK)).toEqual([]);
});

test.each(["a\nb", "é", "x".repeat(1_001)])(
  "credentials that fit into no header are refused (%j)",
  async (credentials) => {
    await expect(
      hooks.add(CALLER, { ...hook, url, authentication: { scheme: "Bearer", credentials } }),
    ).rejects.toThrow("header");
  },
);

test("a name with one address of the own network among public ones is refused, and so is one that came to lead there", async () => {
  const resolve = async () => [
    { address: "1.1.1.1", family: 4 },
    { address: "10.0.0.7", family: 4 },
  ];
  await expect(addressesOf(targetIn("https://mixed.example/"), { ...PUBLIC, resolve })).rejects.toThrow("private");
  const rebound = { ...PUBLIC, resolve: async () => [{ address: "127.0.0.1", family: 4 }] };
  const body = { url: targetIn(url), headers: {}, body: "{}" };
  await expect(post(body, rebound, new AbortController().signal)).rejects.toThrow("loopback");
  expect(calls).toEqual([]);
});
