/** A history with a real Redis and a file: fed by the news, made anew from the records, the same either way. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { onCheckSuiteCompleted } from "../../src/events/on-ci.ts";
import { onPullRequestFate } from "../../src/events/on-pull-fate.ts";
import { type History, makeHistory } from "../../src/history/history.ts";
import { openHistory } from "../../src/history/history-file.ts";
import { catchUp } from "../../src/history/keep-history.ts";
import { branchOf } from "../../src/task/branch.ts";
import { readCi, tellRecovered } from "../../src/task/history-news.ts";
import { keepOutput, packOutput } from "../../src/task/kept-output.ts";
import { keys } from "../../src/task/keys.ts";
import type { Outcome } from "../../src/task/outcome.ts";
import type { Progress } from "../../src/task/progress.ts";
import { makeTaskStore, type TaskStore } from "../../src/task/store.ts";
import { type ConnectedRedis, startConnectedRedis } from "../support/redis.ts";
import { claimedBy, makeSpec, STARTS } from "../support/task-spec.ts";
import { contentOf } from "./past-task.ts";

let server: ConnectedRedis;
let store: TaskStore;
let dir: string;
let histories: History[];

beforeAll(async () => {
  server = await startConnectedRedis();
  store = makeTaskStore(server.redis);
});
beforeEach(async () => {
  await server.redis.flushall();
  dir = mkdtempSync(join(tmpdir(), "orch-history-"));
  histories = [];
});
afterEach(async () => {
  await Promise.all(histories.map((each) => each.close()));
  rmSync(dir, { recursive: true, force: true });
});
afterAll(() => server.close());

function keep(name: string) {
  const history = makeHistory(join(dir, name));
  histories.push(history);
  const deps = { redis: server.redis, store, history, now: Date.now, log: pino({ level: "silent" }) };
  return (place?: string) => catchUp(deps, place);
}

function read(name: string): unknown {
  const file = openHistory(join(dir, name));
  const content = contentOf(file.db);
  file.close();
  return content;
}

const PULL: Outcome = { kind: "pull_request", number: 7, url: "https://github.test/pull/7" };

async function settle(commentId: number, outcome: Outcome = PULL, sha?: string, told: Progress = {}): Promise<string> {
  const spec = makeSpec({ commentId });
  await store.create(spec, STARTS);
  await store.advance(spec.id, claimedBy("h1", spec.acceptedAt + 10));
  const progress = { agent: "scripted", model: "m1", inputTokens: 10, outputTokens: 2, costUsd: 0.25, ...told };
  const at = spec.acceptedAt + 60_000;
  if (sha === undefined) await store.advance(spec.id, { name: "ended", epoch: 1, outcome, progress, at });
  else {
    const counts = { files: 1, additions: 1, deletions: 0, commits: 1 };
    const pushed = { branch: branchOf(spec), sha, base: "main", ...counts };
    await store.advance(spec.id, { name: "pushed", epoch: 1, pushed, progress, at });
    await store.advance(spec.id, {
      name: "pull_request",
      pullRequest: { number: 7, url: "https://github.test/7" },
      at,
    });
  }
  return spec.id;
}

const pullRequest = (fate: { closed_at?: number; merged_at?: number }) => ({
  repository: { id: 11, owner: "octo-org", name: "calculator" },
  pull_request: { number: 7, created_at: 1_000, head: { ref: "x", repo: { id: 11 } }, ...fate },
});
/** Told of it as GitHub would: of a pull request that is the tasks' own conversation. */
const tellFate = (fate: { closed_at?: number; merged_at?: number }) =>
  onPullRequestFate({ store: { ...store, idsOfConversation: () => store.idsOfIssue(11, 1) } })(
    pullRequest(fate) as unknown as Parameters<ReturnType<typeof onPullRequestFate>>[0],
  );

test("a history says of each task that is over how it ended, and of no other", async () => {
  const id = await settle(1);
  await store.create(makeSpec({ commentId: 2 }), STARTS);
  await keep("one")();
  expect(read("one")).toMatchObject({
    tasks: [{ task: id, outcome: "pull_request", agent: "scripted", model: "m1", queued_ms: 10, pull: 7, merged: 0 }],
    runs: [{ task: id, epoch: 1, host: "h1", cost_usd: 0.25, ended: "pull_request" }],
    daily: [{ tasks: 1, cost_usd: 0.25 }],
  });
});

test("what a run printed reaches the history, whether it is handed over before its task is over or after", async () => {
  const packed = await packOutput({ steps: [{ name: "agent-1", size: 6, text: "words\n" }] });
  const spec = makeSpec({ commentId: 1 });
  await store.create(spec, STARTS);
  await store.advance(spec.id, claimedBy("h1", spec.acceptedAt + 10));
  await keepOutput(server.redis, { task: spec.id, epoch: 1 }, packed, 1);
  const look = keep("one");
  let place = await look();
  await store.advance(spec.id, { name: "ended", epoch: 1, outcome: PULL, at: spec.acceptedAt + 60_000 });
  const after = await settle(2);
  place = await look(place);
  await keepOutput(server.redis, { task: after, epoch: 1 }, packed, 2);
  await look(place);

  const history = makeHistory(join(dir, "one"));
  histories.push(history);
  for (const id of [spec.id, after]) expect(Buffer.from((await history.output(id, 1)) ?? [])).toEqual(packed);
  expect(await history.output(after, 2)).toBeUndefined();
});

test("a merge reaches the history long after the task was over, once, and is never taken back", async () => {
  const id = await settle(1);
  const look = keep("one");
  let place = await look();
  await tellFate({ closed_at: 5_000 });
  place = await look(place);
  expect(read("one")).toMatchObject({ tasks: [{ closed_at: 5_000, merged: 0 }], daily: [{ closed: 1 }] });
  await tellFate({});
  await tellFate({ closed_at: 9_000, merged_at: 9_000 });
  await tellFate({ closed_at: 9_000, merged_at: 9_000 });
  await tellFate({});
  place = await look(place);
  expect(read("one")).toMatchObject({ tasks: [{ task: id, closed_at: 9_000, merged: 1 }], daily: [{ merged: 1 }] });
  expect(await server.redis.xlen(keys.history)).toBe(4);
});

/** Another App's suite on a commit of the task, as GitHub tells of it. */
const suite = (conclusion: string, more: { id?: number; sha?: string; appId?: number } = {}) => ({
  repository: { id: 11, owner: "octo-org", name: "calculator", defaultBranch: "main" },
  check_suite: {
    id: more.id ?? 1,
    head_sha: more.sha ?? "a".repeat(40),
    head_branch: branchOf(makeSpec({ commentId: 1 })),
    conclusion,
    app: { id: more.appId ?? 99 },
    updated_at: 1,
    pull_requests: [],
  },
});

test("what CI says of the commit that was published first reaches the history after the end, and what it says later does not", async () => {
  const id = await settle(1, PULL, "a".repeat(40));
  const hear = onCheckSuiteCompleted({ store, appId: 7 });
  const look = keep("one");
  let place = await look();
  await hear(suite("failure", { appId: 7 }));
  await hear(suite("failure", { sha: "b".repeat(40) }));
  await hear(suite("action_required"));
  expect(await readCi(server.redis, id)).toBeUndefined();
  await hear(suite("success"));
  await hear(suite("failure"));
  place = await look(place);
  expect(read("one")).toMatchObject({ tasks: [{ task: id, ci: "green" }], daily: [{ ci_known: 1, ci_green: 1 }] });
  await hear(suite("timed_out", { id: 2 }));
  await hear(suite("success", { id: 2 }));
  await look(place);
  expect(read("one")).toMatchObject({ tasks: [{ ci: "red" }], total: [{ ci_known: 1, ci_green: 0 }] });
});

test("what was recovered is counted elsewhere, and is no news of a task", async () => {
  await settle(1);
  await tellRecovered(server.redis, "requeued");
  await keep("one")();
  expect(read("one")).toMatchObject({ tasks: { length: 1 } });
});

test("a history that was fed, one that was lost and made anew, and one that two wrote are the same", async () => {
  const look = keep("fed");
  let place = await look();
  for (let nth = 1; nth <= 12; nth++) {
    await settle(nth, nth % 3 === 0 ? { kind: "host_error", message: "x" } : PULL);
    if (nth % 4 === 0) place = await look(place);
  }
  await tellFate({ closed_at: 9_000, merged_at: 9_000 });
  await look(place);
  const fed = read("fed");
  expect(fed).toMatchObject({ tasks: { length: 12 } });

  await keep("anew")();
  expect(read("anew")).toEqual(fed);

  const [one, two] = [keep("both"), keep("both")];
  await Promise.all([one(), two()]);
  await Promise.all([settle(13).then(() => one()), settle(14).then(() => two())]);
  await Promise.all([one(), two()]);
  await keep("last")();
  expect(read("both")).toEqual(read("last"));
});

test("where nothing has happened yet no file is made, and the first task is written all the same", async () => {
  const look = keep("later");
  const place = await look();
  expect(existsSync(join(dir, "later"))).toBe(false);
  await settle(1);
  await look(place);
  expect(read("later")).toMatchObject({ tasks: { length: 1 } });
});

test("a task of which nothing adds up keeps no other from being remembered, nor their sums from being told", async () => {
  const told = { inputTokens: 1e15, outputTokens: 0.5, costUsd: 1e15, model: 7 as unknown as string };
  for (let nth = 0; nth < 12; nth++) await settle(nth, PULL, undefined, told);
  const broken = await settle(12);
  await server.redis.hset(keys.task(broken), { closed: "{", ci: "[]" });
  await server.redis.rpush(keys.timeline(broken), "no JSON");
  await settle(13);
  const history = makeHistory(join(dir, "odd"));
  histories.push(history);
  await keep("odd")();
  const { groups } = await history.stats({ by: ["agent"], since: "1970-01-01", now: Date.now() });
  expect(groups).toMatchObject([{ pullRequests: 14, inputTokens: 12e12 + 20 }]);
});

test("one of which a part turns out to be broken is put aside, and made anew from the records", async () => {
  for (let nth = 0; nth < 30; nth++) await settle(nth);
  const path = join(dir, "torn");
  const look = keep("torn");
  const place = await look();
  await histories[0]?.close();
  // The list of its tables is whole: that it is broken shows when a task is written.
  const db = new DatabaseSync(path);
  const { rootpage } = db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'tasks_by_id'").get() ?? {};
  db.close();
  const bytes = readFileSync(path);
  bytes.fill(0xff, (Number(rootpage) - 1) * 4096, Number(rootpage) * 4096);
  writeFileSync(path, bytes);
  await settle(31);
  await expect(look(place)).rejects.toThrow("malformed");
  await look();
  expect(existsSync(`${path}.unreadable`)).toBe(true);
  expect(read("torn")).toMatchObject({ tasks: { length: 31 } });
});

test("one that is further behind than the news reach is made from the records", async () => {
  const look = keep("late");
  await settle(1);
  await look();
  await settle(2);
  await settle(3);
  await server.redis.xtrim(keys.history, "MAXLEN", 1);
  await look();
  expect(read("late")).toMatchObject({ tasks: { length: 3 } });
});

test("news of a task takes 100 bytes at most", async () => {
  const ids = await Promise.all(Array.from({ length: 100 }, (_, nth) => settle(nth)));
  await Promise.all(ids.map((id) => store.noteClosed(id, { openedAt: 1, at: 2, merged: true })));
  const entries = await server.redis.xlen(keys.history);
  expect(entries).toBe(200);
  expect(await server.redis.memory("USAGE", keys.history, "SAMPLES", 0)).toBeLessThanOrEqual(100 * entries);
});

test("a thread that has ended for want of work is started again, and one that cannot have its file says so", async () => {
  const history = makeHistory(join(dir, "idle"), 1);
  histories.push(history);
  await history.write({ tasks: [], place: { from: undefined, to: "1-0" } });
  await history.close();
  expect(await history.place()).toBe("1-0");
  writeFileSync(join(dir, "a-file"), "");
  const nowhere = makeHistory(join(dir, "a-file", "history"));
  await expect(nowhere.place()).rejects.toThrow(/ENOTDIR|EEXIST/);
});
