import type { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Inbox, makeInbox, OF_ONE_REPOSITORY } from "../../src/intake/inbox.ts";
import { type Request, requestNameOf } from "../../src/intake/request.ts";
import { keys } from "../../src/task/keys.ts";
import { FORMAT } from "../../src/task/record.ts";
import { connectRedis, waitForRedis } from "../../src/task/redis.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

const NOW = 1_700_000_000_000;

let server: TestRedis;
let redis: Redis;
let inbox: Inbox;
let told: string[] = [];

beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis(server.url, "test");
  await waitForRedis(redis, 5_000);
  inbox = makeInbox(redis, (key) => told.push(key));
});
beforeEach(async () => {
  await redis.flushall();
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

const requestOf = (id: number, changes: Partial<Request> = {}): Request => ({
  installationId: 21,
  repository: { id: 11, owner: "octo-org", name: "calculator", defaultBranch: "main" },
  number: 1,
  on: "issue",
  source: { kind: "comment", id, url: "https://github.test/1#issuecomment-1" },
  actor: { id: 31, login: "maintainer" },
  commands: [{ line: 1, kind: "help" }],
  requestedAt: NOW,
  receivedAt: NOW,
  delivery: "d",
  ...changes,
});

async function record(repositoryId: number, issues: number, receivedAt: number): Promise<void> {
  for (let number = 1; number <= issues; number++) {
    const repository = { id: repositoryId, owner: "octo-org", name: "calculator", defaultBranch: "main" };
    const at = { requestedAt: receivedAt, receivedAt };
    expect(await inbox.record(requestOf(repositoryId * 1_000 + number, { repository, number, ...at }))).toBe(true);
  }
}

const take = async (now: number, limit: number, has?: string[]) =>
  (await inbox.issues.take(now, limit, has)).map(({ member }) => member);
const countOf = (issues: readonly string[], repositoryId: number) =>
  issues.filter((issue) => issue.startsWith(`${repositoryId}-`)).length;

test("a repository with many issues that are due gets its share, and the next one does not wait behind it", async () => {
  await record(11, OF_ONE_REPOSITORY + 10, NOW);
  await record(12, 3, NOW + 1);
  const first = await take(NOW + 2, 100);
  expect([countOf(first, 11), countOf(first, 12)]).toEqual([OF_ONE_REPOSITORY, 3]);
  expect(await take(NOW + 2, 100, first)).toEqual([]);
  // Whoever has nothing of it yet, e.g. another bot, may take the rest.
  expect(countOf(await take(NOW + 2, 100), 11)).toBe(10);
});

test("what somebody has already counts, and so does the room that is left", async () => {
  await record(11, 5, NOW);
  await record(12, 5, NOW + 1);
  const has = Array.from({ length: OF_ONE_REPOSITORY - 2 }, (_, index) => `11-${100 + index}`);
  const taken = await take(NOW + 2, 4, has);
  expect([countOf(taken, 11), countOf(taken, 12)]).toEqual([2, 2]);
});

test("a request in doubt is told of and stays; given up, it makes room for the next one", async () => {
  const stored = [
    ["unreadable", "{half"],
    ["unreadable", "{}"],
    ["newer", '{"format":3}'],
    ["unreadable", "put off until tomorrow"],
  ] as const;
  for (const [kind, text] of stored) {
    await redis.flushall();
    await record(11, 1, NOW);
    const [issue] = await inbox.issues.take(NOW, 1);
    const comment = (await inbox.first(String(issue?.member))) ?? "";
    await redis.set(keys.request(comment), text);
    told = [];
    const was = await inbox.read(comment);
    expect(was).toMatchObject({ kind });
    expect(await inbox.first(String(issue?.member))).toBe(comment);
    expect(told).toEqual([keys.request(comment)]);
    expect(await inbox.finish(comment, String(issue?.member), was)).toBe(true);
    expect(await inbox.first(String(issue?.member))).toBeUndefined();
  }
});

test("a comment that an Orch of format 1 recorded is a request, and the same one when it is delivered again", async () => {
  const { source, ...rest } = requestOf(501);
  const written = { ...rest, commentId: 501, commentUrl: "https://github.test/1#issuecomment-1" };
  await redis.set(keys.request("11-501"), JSON.stringify(written));
  expect(await inbox.read("11-501")).toEqual({ kind: "given", request: { ...rest, source } });
  expect(await inbox.record(requestOf(501))).toBe(false);
});

test("a request of a kind that only a newer Orch knows is in doubt, whatever its format says", async () => {
  const { source: _, ...rest } = requestOf(501);
  const newer: [string, object][] = [
    ["newer", { ...rest, source: { kind: "telepathy", wave: 1 }, format: 99 }],
    ["unreadable", { ...rest, source: { kind: "telepathy", wave: 1 }, format: FORMAT }],
    ["unreadable", { ...rest, source: { kind: "label", label: "orch" }, format: FORMAT }],
    ["unreadable", { ...requestOf(501), commands: [{ line: 1, kind: "dance" }], format: FORMAT }],
    ["unreadable", { ...rest, source: null, format: FORMAT }],
  ];
  for (const [kind, written] of newer) {
    await redis.set(keys.request("11-501"), JSON.stringify(written));
    expect(await inbox.read("11-501"), JSON.stringify(written)).toMatchObject({ kind });
  }
});

test("a request that needs a person and names none is unreadable; a schedule's needs none", async () => {
  const { actor: _, ...nobodys } = requestOf(501);
  await redis.set(keys.request("11-501"), JSON.stringify({ ...nobodys, format: FORMAT }));
  expect(await inbox.read("11-501")).toMatchObject({ kind: "unreadable" });
  const request: Request = { ...nobodys, source: { kind: "schedule", name: "nightly", dueAt: NOW } };
  await inbox.record(request);
  expect(await inbox.read(requestNameOf(11, request.source))).toMatchObject({ kind: "given", request });
});

test("requests of one issue are taken in the order in which they were made, comments of one second by their ids", async () => {
  const ids = [503, 501, 502, 504];
  for (const id of ids)
    await inbox.record(requestOf(id, { requestedAt: id === 504 ? NOW - 1_000 : NOW, receivedAt: NOW - id }));
  const order: string[] = [];
  for (let name = await inbox.first("11-1"); name !== undefined; name = await inbox.first("11-1")) {
    order.push(name);
    expect(await inbox.finish(name, "11-1", await inbox.read(name))).toBe(true);
  }
  expect(order).toEqual(["11-504", "11-501", "11-502", "11-503"]);
});

test("nobody takes what is not due, or what another one has", async () => {
  await record(11, 2, NOW);
  expect(await take(NOW - 1, 10)).toEqual([]);
  expect(await take(NOW, 1)).toHaveLength(1);
  expect(await take(NOW, 10)).toHaveLength(1);
  expect(await take(NOW, 10)).toEqual([]);
});
