import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { BudgetSpent, makeBudget } from "../src/budget.ts";
import { classify, retryAfterMs } from "../src/github.ts";
import { isContent } from "../src/github-fetch.ts";
import { BUDGET_LIMITS, readBudgets, textHeldUntil } from "../src/task/github-budget.ts";
import { type ConnectedRedis, startConnectedRedis } from "./support/redis.ts";

const NOW = 1_700_000_000_000;
let server: ConnectedRedis;
let clock = NOW;

beforeAll(async () => {
  server = await startConnectedRedis();
});
beforeEach(async () => {
  clock = NOW;
  await server.redis.flushall();
});
afterAll(async () => {
  await server.close();
});

/** A bot's. */
const budget = (limits = { perMinute: 3, perHour: 5 }) =>
  makeBudget({ redis: server.redis, now: () => clock, log: pino({ level: "silent" }), limits });

describe("an installation's room for text", () => {
  test("is one for all bots, and comes back as time passes", async () => {
    const [one, other] = [budget(), budget()];
    await one.spendContent(1);
    clock += 10_000;
    await other.spendContent(1);
    await one.spendContent(1);
    const refused = await other.spendContent(1).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(BudgetSpent);
    expect([classify(refused), retryAfterMs(refused, clock)]).toEqual(["rate_limited", 50_000]);
    await one.spendContent(2);
    clock += 50_000;
    await one.spendContent(1);
  });

  test("is bounded for an hour as well", async () => {
    const { spendContent, contentUse } = budget();
    for (let count = 0; count < 5; count++) {
      await spendContent(1);
      clock += 60_000;
    }
    expect(await contentUse(1)).toBe(1);
    const refused = await spendContent(1).catch((error: unknown) => error);
    expect(retryAfterMs(refused, clock)).toBe(3_600_000 - 300_000);
    clock = NOW + 3_600_000;
    await spendContent(1);
  });

  test("says when there is room again: in the minute, in the hour, and when GitHub itself has asked to wait", async () => {
    const one = budget(BUDGET_LIMITS);
    const held = () => textHeldUntil(server.redis, 1, clock);
    expect(await held()).toBeUndefined();
    for (let count = 0; count < BUDGET_LIMITS.perMinute; count++) await one.spendContent(1);
    expect(await held()).toBe(NOW + 60_000);
    for (let left = BUDGET_LIMITS.perHour - BUDGET_LIMITS.perMinute; left > 0; left--) {
      if (left % BUDGET_LIMITS.perMinute === 0 || clock === NOW) clock += 60_000;
      await one.spendContent(1);
    }
    clock += 60_000;
    expect(await held()).toBe(NOW + 3_600_000);
    await one.hold(1, NOW + 7_200_000);
    expect(await held()).toBe(NOW + 7_200_000);
  });

  test.each([
    [true, "POST", "/repos/o/r/issues/1/comments"],
    [true, "PATCH", "/api/v3/repos/o/r/issues/comments/7"],
    [true, "POST", "/repos/o/r/pulls"],
    [true, "POST", "/repos/o/r/pulls/3/reviews"],
    [false, "POST", "/repos/o/r/issues/1/labels"],
    [false, "POST", "/repos/o/r/issues/comments/7/reactions"],
    [false, "POST", "/repos/o/r/check-runs"],
    [false, "GET", "/repos/o/r/issues/1/comments"],
    [false, "DELETE", "/repos/o/r/issues/comments/7"],
  ])("is needed: %s for %s %s", (needed, method, path) => {
    expect(isContent(method, `https://api.github.test${path}`)).toBe(needed);
  });
});

test("what GitHub says of its limits can be read by everybody", async () => {
  const { heard, heldUntil } = budget();
  const headers = {
    "x-ratelimit-limit": "5000",
    "x-ratelimit-remaining": "4321",
    "x-ratelimit-reset": String(NOW / 1_000 + 60),
  };
  heard(7, new Response("{}", { headers }));
  const rest = { at: NOW, limit: 5_000, remaining: 4_321, resetAt: NOW + 60_000 };
  await expect.poll(() => readBudgets(server.redis, NOW)).toEqual([{ installationId: 7, rest, minute: 0, hour: 0 }]);
  expect(await heldUntil(7)).toBe(0);
  heard(7, new Response("{}", { status: 429, headers: { "retry-after": "90" } }));
  await expect.poll(() => heldUntil(7)).toBe(NOW + 90_000);
});

test("what GraphQL says of its own limits is not taken for REST's, but its wish to wait is", async () => {
  const { heard, heldUntil } = budget();
  const headers = { "x-ratelimit-limit": "5000", "x-ratelimit-remaining": "3", "x-ratelimit-resource": "graphql" };
  heard(7, new Response("{}", { headers }));
  heard(7, new Response("{}", { status: 403, headers: { ...headers, "retry-after": "90" } }));
  await expect.poll(() => heldUntil(7)).toBe(NOW + 90_000);
  const rest = { at: NOW, heldUntil: NOW + 90_000 };
  expect(await readBudgets(server.redis, NOW)).toEqual([{ installationId: 7, rest, minute: 0, hour: 0 }]);
});
