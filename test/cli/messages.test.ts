/** `orch messages` and `orch offers`, as a person and a program run them. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { messages } from "../../cli/messages.ts";
import { tasks } from "../../cli/tasks.ts";
import { why } from "../../cli/why.ts";
import { makeDeeds } from "../../src/task/deeds.ts";
import { type HostInfo, register } from "../../src/task/hosts.ts";
import { inboxOf, readerFor } from "../../src/task/inbox.ts";
import { connectRedis, waitForRedis } from "../../src/task/redis.ts";
import { makeTaskStore, type TaskStore } from "../../src/task/store.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { makeSpec, STARTS } from "../support/task-spec.ts";
import { startTeam, type Team } from "../support/team.ts";
import { inProcess } from "./in-process.ts";
import { runOrch } from "./run-orch.ts";

let dir: string;
let server: TestRedis;
let redis: ReturnType<typeof connectRedis>;
let store: TaskStore;
let team: Team;

beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis(server.url, "test");
  await waitForRedis(redis, 10_000);
  dir = await mkdtemp(join(tmpdir(), "orch-messages-"));
});
beforeEach(async () => {
  await redis.flushall();
  store = makeTaskStore(redis);
  team = await startTeam(store, { nodes: [{ id: "api" }, { id: "web" }] }, makeSpec());
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

const orch = (...args: string[]) => runOrch(args, { cwd: dir, env: { REDIS_URL: server.url, ORCH_DATA: dir } });

const say = async (id: string, text: string, expires?: number) => {
  const from = { node: "api" };
  const more = expires === undefined ? {} : { expires };
  const message = { ...{ v: 1 as const, id, from, to: "web", kind: "note" as const, text, at: 1 }, ...more };
  await store.messages.send({ book: team.plan, node: "web" }, message, { by: "api", at: 1 });
};

test("all that was said within a team is listed, by its task, one of a node, or the place of its request", async () => {
  const web = await team.taskOf("web");
  await say("m1", "The route is \u001b[31m/sum");
  const reader = readerFor(web, 1);
  const [given] = await store.messages.take(reader, { given: [], most: 1, now: 2 });
  await store.messages.acknowledge(reader, [{ entry: given?.entry ?? "", id: "m1" }], 3);
  await say("m2", "And /product");
  for (const name of [team.plan, web.id, "octo-org/calculator#1"]) {
    const { stdout, code } = await orch("messages", name);
    expect(code).toBe(0);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => line.split("\t")),
    ).toEqual([
      ["m1", "api", "web", "note", "delivered", "1970-01-01T00:00:00.001Z", "The route is /sum"],
      ["m2", "api", "web", "note", "waiting", "1970-01-01T00:00:00.001Z", "And /product"],
    ]);
  }
  const { stdout } = await orch("messages", team.plan, "--json");
  expect(JSON.parse(stdout)).toMatchObject({ task: team.plan, counts: { sent: 2, delivered: 1, waiting: 1, dead: 0 } });
  await store.advance(team.plan, { name: "cancel", reason: { kind: "command", by: "x" }, at: 4 });
  const over = JSON.parse((await orch("messages", team.plan, "--json")).stdout);
  expect(over.messages.map(({ state }: { state: string }) => state)).toEqual(["delivered", "unread"]);
});

test("a node is named by its team and its own name: its messages alone, and its latest try", async () => {
  const web = await team.taskOf("web");
  await say("m1", "The route is /sum");
  const env = { REDIS_URL: server.url, ORCH_DATA: dir };
  const idsOf = async (name: string) => {
    const { stdout } = await inProcess(() => messages(env, name, [], { json: true }));
    return JSON.parse(stdout).messages?.map(({ id }: { id: string }) => id);
  };
  expect(await idsOf(`${team.plan}/web`)).toEqual(["m1"]);
  expect(await idsOf(`${team.plan.slice(0, 6)}/api`)).toEqual(["m1"]);
  expect(await idsOf(`${team.plan}/nobody`)).toBeUndefined();
  const { stdout } = await inProcess(() => why(env, `${team.plan}/web`, true));
  expect(JSON.parse(stdout)).toMatchObject({ task: { id: web.id } });
});

test("a list of tasks has those of a team's nodes below their team's", async () => {
  const [api, web] = [await team.taskOf("api"), await team.taskOf("web")];
  const other = makeSpec({ commentId: 77, number: 9, acceptedAt: Date.now() });
  await store.create(other, STARTS);
  const env = { REDIS_URL: server.url, ORCH_DATA: dir };
  const { stdout } = await inProcess(() => tasks(env, { json: true }));
  const ids = JSON.parse(stdout).tasks.map(({ id }: { id: string }) => id);
  const at = ids.indexOf(team.plan);
  expect(ids).toHaveLength(4);
  expect(new Set(ids.slice(at + 1, at + 3))).toEqual(new Set([api.id, web.id]));
  const shown = await inProcess(() => tasks(env, {}), { columns: 120 });
  expect(shown.stdout).toMatch(new RegExp(`^ {2}${api.id} +octo-org/calculator#1 api `, "m"));
});

test("what could not be delivered is listed with the reason, and sent again once", async () => {
  const web = await team.taskOf("web");
  await say("m1", "early", 10);
  await say("m2", "late");
  const reader = readerFor(web, 1);
  await store.messages.take(reader, { given: [], most: 9, now: 20 });
  const dead = await orch("messages", team.plan, "--dead");
  expect(dead.stdout).toMatch(/^m1\tapi\tweb\tnote\tdead: expired\t/);
  expect(dead.stdout).not.toContain("m2");
  const again = await orch("messages", team.plan, "replay", "m1");
  expect(again).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Sent again as m1\.r\d+-\d+, behind 1 others\.\n$/),
  });
  expect(await store.messages.waiting(inboxOf(web))).toBe(2);
  expect(await makeDeeds(redis).ofTask(team.plan)).toMatchObject([
    { verb: "messages replay", via: "cli", done: true, tasks: [team.plan] },
  ]);
  const twice = await orch("messages", team.plan, "replay", "m1");
  expect(twice).toMatchObject({ code: 1, stderr: expect.stringContaining("No message m1 that could be sent again") });
  expect((await orch("messages", team.plan, "bury", "m1")).code).toBe(2);
});

test("where nothing was said, or there is no such task, it says so", async () => {
  expect(await orch("messages", team.plan)).toMatchObject({ code: 0, stderr: "Nothing was said there.\n" });
  expect(await orch("messages", "taaaaaaaaaaaaaaa")).toMatchObject({ code: 1 });
  const { stdout } = await orch("messages", "taaaaaaaaaaaaaaa", "--json");
  expect(JSON.parse(stdout)).toMatchObject({ error: expect.stringContaining("No task fits") });
});

const host: HostInfo = {
  ...{ id: "h1", place: "p", name: "builder-1", version: "1", pid: 1, slots: 3, sandbox: "bwrap", startedAt: 1 },
  ...{ agents: ["claude", "gemini"], defaultAgent: "claude", draining: false },
  models: { gemini: "gemini-flash" },
  roles: { planner: { agent: "claude", model: "opus" }, tester: { agent: "gemini" }, developer: {} },
};

test("what living hosts offer: agents, models, roles, and slots that are free", async () => {
  expect(await orch("offers")).toMatchObject({ code: 1, stderr: expect.stringContaining("No living worker host") });
  await register(redis, host, Date.now());
  await team.taskOf("web");
  const { stdout, code } = await orch("offers");
  expect(code).toBe(0);
  expect(stdout).toBe(
    "builder-1\t2/3\tclaude (default)\t\tplanner=opus developer\nbuilder-1\t2/3\tgemini\tgemini-flash\ttester\n",
  );
  const { offers } = JSON.parse((await orch("offers", "--json")).stdout);
  expect(offers).toMatchObject([
    { host: { id: "h1" }, slots: 3, free: 2, agents: [{ agent: "claude", isDefault: true }, {}] },
  ]);
});
