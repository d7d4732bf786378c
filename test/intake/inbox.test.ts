import type { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Inbox, makeInbox, OF_ONE_REPOSITORY } from "../../src/intake/inbox.ts";
import type { Request } from "../../src/intake/request.ts";
import { keys } from "../../src/task/keys.ts";
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

async function record(repositoryId: number, issues: number, receivedAt: number): Promise<void> {
  for (let number = 1; number <= issues; number++) {
    const request: Request = {
      installationId: 21,
      repository: { id: repositoryId, owner: "octo-org", name: "calculator", defaultBranch: "main" },
      number,
      on: "issue",
      source: { kind: "comment", id: repositoryId * 1_000 + number, url: "https://github.test/1#issuecomment-1" },
      actor: { id: 31, login: "maintainer" },
      commands: [],
      requestedAt: receivedAt,
      receivedAt,
      delivery: "d",
    };
    expect(await inbox.record(request)).toBe(true);
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

test("nobody takes what is not due, or what another one has", async () => {
  await record(11, 2, NOW);
  expect(await take(NOW - 1, 10)).toEqual([]);
  expect(await take(NOW, 1)).toHaveLength(1);
  expect(await take(NOW, 10)).toHaveLength(1);
  expect(await take(NOW, 10)).toEqual([]);
});
