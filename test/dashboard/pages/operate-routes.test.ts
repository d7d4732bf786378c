/** The pages of plans, conversations, hosts, schedules, sessions, stats and deeds, from a real bot and a real Redis: who sees which, and what moves. */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { openPages } from "../../../dashboard/dashboard.ts";
import type { DashboardDeps } from "../../../dashboard/deps.ts";
import { makeSessions } from "../../../dashboard/door/sessions.ts";
import { statsRoutes } from "../../../dashboard/pages/stats-routes.ts";
import { freePort } from "../../../demo/free-port.ts";
import { makeHistory } from "../../../src/history/history.ts";
import { readHosts, register } from "../../../src/task/hosts.ts";
import { appendRunEvents } from "../../../src/task/run-events.ts";
import { makeScheduleStore } from "../../../src/task/schedules.ts";
import type { TaskSpec } from "../../../src/task/task-spec.ts";
import { pastTask } from "../../history/past-task.ts";
import { type BotSetting, MAINTAINER, STRANGER, startBotSetting } from "../../support/bot.ts";
import { eventsOf, signIn, visitorOf } from "../../support/dashboard.ts";
import { claimedBy, makeSpec, STARTS } from "../../support/task-spec.ts";
import { startTeam, type Team } from "../../support/team.ts";
import { pageFaults } from "../page-faults.ts";
import { visit } from "./operate-samples.ts";

type Visitor = ReturnType<typeof visitorOf>;

const log = pino({ level: "silent" });
let orch: BotSetting;
let secret: BotSetting["repository"];
let team: Team;
let node: TaskSpec;
let operator: Visitor;
let maintainer: Visitor;
let stranger: Visitor;
beforeAll(async () => {
  const port = await freePort();
  orch = await startBotSetting({ dashboard: () => ({ host: "127.0.0.1", port, operators: [] }) });
  const url = orch.dashboardUrl();
  operator = await signIn({ url, redisUrl: orch.server.url, by: "root" });
  [maintainer, stranger] = [await person(MAINTAINER), await person(STRANGER)];
  secret = await orch.github.createRepository({
    ...{ owner: "octo-org", name: "secret", private: true, files: { ".github/orch.yml": SCHEDULE } },
    collaborators: { [MAINTAINER]: "write" },
  });
  const { id, installationId } = secret;
  const repository = { id, owner: "octo-org", name: "secret" };
  const number = 7;
  const spec = makeSpec({ commentId: 71, installationId, repository, number, conversation: number });
  const nodes = [{ id: "sum" }, { id: "docs", after: ["sum"] }];
  team = await startTeam(orch.store, { nodes, home: "h0000000" }, spec);
  node = await team.taskOf("sum");
  await appendRunEvents(orch.redis, { task: node.id, epoch: 1 }, [
    { id: { step: 1, seq: 1 }, event: { at: Date.now(), step: "agent-1", kind: "text", text: "Reading src/sum.js" } },
  ]);
});
afterAll(() => orch.close());

/** The bot reads it by itself. */
const SCHEDULE = 'schedules:\n  nightly:\n    cron: "0 3 * * *"\n    run: update the dependencies\n';

/** Somebody whom GitHub has named: the way there has tests of its own. */
async function person(login: string): Promise<Visitor> {
  const url = orch.dashboardUrl();
  const { id } = orch.github.createUser(login);
  const cookie = await makeSessions(orch.redis, Date.now).begin({ by: "github", id, login });
  return visitorOf(url, `orch-${new URL(url).port}=${cookie}`);
}

const pathsOfTasks = () => [`/plans/${team.plan}`, `/conversations/${secret.id}/${team.spec.number}`];
const OPERATORS = ["/hosts", "/hosts/h0000000", "/stats", "/deeds"];
const EVERYBODY = ["/sessions", "/schedules"];

const bodyOf = (text: string): string => /<main[^>]*>([\s\S]*)<\/main>/.exec(text)?.[1] ?? "";

describe("whoever operates Orch", () => {
  test("sees every page, and each is sound", async () => {
    for (const path of [...pathsOfTasks(), ...OPERATORS, ...EVERYBODY]) {
      const answer = await operator.get(path);
      expect([path, answer.status]).toEqual([path, 200]);
      expect([path, pageFaults(bodyOf(await answer.text()))]).toEqual([path, []]);
    }
  });

  test("finds nothing under a name that nobody bears", async () => {
    const paths = ["/plans/t000", "/hosts/nobody", `/conversations/${secret.id}/4711`, "/conversations/x/1"];
    for (const path of paths) expect([path, (await operator.get(path)).status]).toEqual([path, 404]);
  });

  test("sees in the log what was done at the dashboard", async () => {
    await operator.post("/queue/pause");
    expect(await (await operator.get("/hosts")).text()).toContain("All work is paused");
    await operator.post("/queue/resume");
    const text = await (await operator.get("/deeds")).text();
    expect(text.indexOf("resume")).toBeGreaterThan(0);
    expect(text.indexOf("pause<")).toBeGreaterThan(text.indexOf("resume<"));
  });
});

describe("whoever may write in a repository", () => {
  test("sees its plans, conversations, schedules and sessions, with all that is said there", async () => {
    for (const path of pathsOfTasks()) expect((await maintainer.get(path)).status).toBe(200);
    expect(await (await maintainer.get(`/plans/${team.plan}`)).text()).toContain("Used so far");
    expect(await (await maintainer.get("/sessions")).text()).toContain("Reading src/sum.js");
    await vi.waitFor(
      async () => expect(await (await maintainer.get("/schedules")).text()).toContain("nightly"),
      10_000,
    );
  });

  test("finds nothing of what is an operator's", async () => {
    for (const path of OPERATORS) expect([path, (await maintainer.get(path)).status]).toEqual([path, 404]);
  });
});

test("whoever may not read a repository finds nothing of it on any page", async () => {
  for (const path of [...pathsOfTasks(), ...OPERATORS])
    expect([path, (await stranger.get(path)).status]).toEqual([path, 404]);
  for (const path of EVERYBODY) {
    const text = bodyOf(await (await stranger.get(path)).text());
    for (const secret of ["nightly", "secret", "Reading"]) expect(text).not.toContain(secret);
  }
});

test("whoever may not read a repository gets of each route, output and streams too, what they get of what is not there", async () => {
  const subscriber = { on: () => undefined, off: () => undefined, subscribe: async () => 0 };
  const { routes } = openPages({ subscriber, now: Date.now } as unknown as DashboardDeps);
  const names = { there: node.id, nowhere: "tzzzzzzzzzzzzzzz" };
  const pathsTo = (id: string) =>
    routes
      .filter(({ method, path }) => method === "GET" && path.includes("/:"))
      .map(({ path }) =>
        path
          .replace("/hosts/:id", id === names.there ? "/hosts/h0000000" : "/hosts/nobody")
          .replace("/plans/:id", id === names.there ? `/plans/${team.plan}` : `/plans/${id}`)
          .replace(
            ":repositoryId/:number",
            id === names.there ? `${secret.id}/${team.spec.number}` : `${secret.id}/4711`,
          )
          .replace(":id", id)
          .replace(":n", "1"),
      );
  const answers = async (paths: readonly string[]) =>
    await Promise.all(
      paths.map(async (path) => {
        const answer = await stranger.get(path);
        return [answer.status, await answer.text()];
      }),
    );
  const [there, nowhere] = [await answers(pathsTo(names.there)), await answers(pathsTo(names.nowhere))];
  expect(there.map(([status]) => status)).toEqual(there.map(() => 404));
  expect(there).toEqual(nowhere);
  const viewsOf = [
    [`task:${node.id}`, `plan:${team.plan}`, "hosts", "host:h0000000"],
    [`task:${names.nowhere}`, `plan:${names.nowhere}`, "nothing", "host:nobody"],
  ].map((views) => answers(views.map((view) => `/events?view=${view}`)));
  const [hidden, missing] = await Promise.all(viewsOf);
  expect(hidden?.map(([status]) => status)).toEqual(hidden?.map(() => 404));
  expect(hidden).toEqual(missing);
  for (const view of ["front", "sessions"]) {
    const ended = new AbortController();
    for await (const { data } of eventsOf(await stranger.get(`/events?view=${view}`, {}, ended.signal))) {
      for (const word of ["secret", "Reading", node.id])
        expect([view, data]).not.toEqual([view, expect.stringContaining(word)]);
      ended.abort();
      break;
    }
  }
  const sums = await (await stranger.get("/api/v1/summary")).json();
  expect(sums).toMatchObject({ tasks: { waiting: 0, queued: 0, running: 0 }, needsMe: 0 });
  for (const path of ["/api/v1/tasks", "/tasks?q=failing", "/"])
    expect([path, (await (await stranger.get(path)).text()).includes("octo-org/secret")]).toEqual([path, false]);
});

/** The first news of that view in which this stands. */
async function newsWith(visitor: Visitor, view: string, text: string, begun: () => Promise<unknown>): Promise<string> {
  const ended = new AbortController();
  try {
    let isBegun = false;
    for await (const { data } of eventsOf(await visitor.get(`/events?view=${view}`, {}, ended.signal))) {
      if (data.includes(text)) return data;
      if (!isBegun) await begun();
      isBegun = true;
    }
  } finally {
    ended.abort();
  }
  throw new Error(`the stream of ${view} ended without ${text}`);
}

test("a node that moves is drawn anew in the graph and in the table, while somebody looks", async () => {
  const data = await newsWith(maintainer, `plan:${team.plan}`, "being checked", () =>
    orch.store.advance(node.id, { name: "phase", epoch: 1, phase: "verifying", at: Date.now() }),
  );
  const { blocks } = JSON.parse(data) as { blocks: { id: string }[] };
  expect(blocks.map(({ id }) => id)).toEqual(["plan-graph", "plan-nodes"]);
});

test("hosts and schedules move while somebody looks, and are an operator's or those who may read them", async () => {
  const until = Date.now() + 60_000;
  const host = (await readHosts(orch.redis, Date.now()))[0];
  if (!host) throw new Error("there is a host");
  await newsWith(operator, "hosts", "takes no task", () =>
    register(orch.redis, { ...host, strained: { cpu: { percent: 99, mark: 80 } } }, until),
  );
  await newsWith(operator, `host:${host.id}`, "draining", () =>
    register(orch.redis, { ...host, draining: true }, until),
  );
  await register(orch.redis, host, until);
  for (const view of ["hosts", `host:${host.id}`])
    expect((await maintainer.get(`/events?view=${view}`)).status).toBe(404);
  const weekly = { name: "weekly", cron: "0 3 * * 1", timezone: "UTC", instruction: "look around" };
  const schedules = makeScheduleStore(orch.redis);
  const file = () => schedules.saveFile(secret.id, { schedules: [weekly], readAt: Date.now() });
  expect(await newsWith(maintainer, "schedules", "weekly", file)).toContain("look around");
  const heard: string[] = [];
  const ended = new AbortController();
  for await (const { data } of eventsOf(await stranger.get("/events?view=schedules", {}, ended.signal))) {
    heard.push(data);
    ended.abort();
    break;
  }
  expect(heard.join()).toContain("No repository has schedules");
});

test("what an agent says hangs on the wall a moment later", async () => {
  const data = await newsWith(maintainer, "sessions", "Edit src/sum.js", () =>
    appendRunEvents(orch.redis, { task: node.id, epoch: 1 }, [
      { id: { step: 1, seq: 2 }, event: { at: Date.now(), step: "agent-1", kind: "tool", text: "Edit src/sum.js" } },
    ]),
  );
  expect(data).toContain(`session-${node.id}`);
});

test("all that is known of a task comes as one file, without secrets, to whoever may write to its repository", async () => {
  const { repository, installationId } = team.spec;
  const token = `ghp_${"a1B2".repeat(9)}`;
  const spec = makeSpec({ commentId: 73, installationId, repository, number: 9, instruction: `try ${token}` });
  await orch.store.create(spec, STARTS);
  await orch.store.advance(spec.id, claimedBy("h0000000"));
  const event = { at: Date.now(), step: "agent-1", kind: "text" as const, text: `it is ${token}` };
  await appendRunEvents(orch.redis, { task: spec.id, epoch: 1 }, [{ id: { step: 1, seq: 1 }, event }]);
  const path = `/tasks/${spec.id}/debug`;
  expect((await stranger.get(path)).status).toBe(404);
  expect(await (await maintainer.get(`/tasks/${spec.id}`)).text()).toContain(`href="${path}"`);
  const answer = await maintainer.get(path);
  expect(answer.headers.get("content-disposition")).toBe(`attachment; filename="orch-debug-${spec.id}.tar.gz"`);
  const bundle = Buffer.from(await answer.arrayBuffer());
  const tar = (...args: string[]) => spawnSync("tar", args, { input: bundle, encoding: "utf8" }).stdout;
  const names = [
    "manifest.json",
    "record.json",
    "run-1/events.json",
    "run-1/output.txt",
    "timeline.json",
    "versions.json",
    "why.json",
  ];
  expect(tar("-tzf", "-").trim().split("\n").sort()).toEqual(names.map((name) => `orch-debug-${spec.id}/${name}`));
  expect(tar("-xzOf", "-")).toContain("try [redacted]");
  expect(tar("-xzOf", "-")).not.toContain(token);
  // Which settings a bot has is an operator's to know.
  const theirs = Buffer.from(await (await operator.get(path)).arrayBuffer());
  expect(spawnSync("tar", ["-tzf", "-"], { input: theirs, encoding: "utf8" }).stdout).toContain("/settings.json");
});

test("a conversation is found by its issue, and shows who asked for what", async () => {
  const number = 8;
  const { repository, installationId } = team.spec;
  const spec = makeSpec({ commentId: 72, installationId, repository, number, conversation: number });
  await orch.store.create(spec, STARTS);
  await orch.store.advance(spec.id, claimedBy("h0000000"));
  const text = await (await maintainer.get(`/conversations/${secret.id}/${number}`)).text();
  for (const part of ["fix the failing tests", "asked by maintainer", "builder"]) expect(text).toContain(part);
});

test("stats are read from the history, in the groups and days that were chosen", async () => {
  const folder = await mkdtemp(join(tmpdir(), "orch-stats-"));
  const file = join(folder, "history.sqlite");
  const history = makeHistory(file);
  await history.write({ tasks: [pastTask({ merged: true, settledAt: visit.now })] });
  await history.close();
  const [route] = statsRoutes({ historyFile: file, log });
  const query = new URLSearchParams({ by: "repository", days: "90" });
  const answer = await route?.answer({ ...visit, query });
  expect(answer?.kind === "page" && answer.body.text).toContain("octo-org/calculator");
  await rm(folder, { recursive: true });
});

test("a history that cannot be read is told of as that, with what to look at", async () => {
  const [route] = statsRoutes({ historyFile: "/dev/null/history.sqlite", log });
  const answer = await route?.answer(visit);
  expect(answer?.kind === "page" && answer.body.text).toContain("The history cannot be read now.");
});

test("without a history the page of stats says that none is kept", async () => {
  const [route] = statsRoutes({ log });
  const answer = await route?.answer(visit);
  expect(answer?.kind === "page" && answer.body.text).toContain("No history is kept here.");
});
