import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { isMostlyUsed } from "../../src/dispatch/plan-use.ts";
import { keys } from "../../src/task/keys.ts";
import { makeSpec } from "../support/task-spec.ts";
import { type Setting, startSetting } from "./setting.ts";
import { host, NOW } from "./worlds.ts";

let at: Setting;
beforeAll(async () => {
  at = await startSetting();
});
afterEach(() => at.clear());
afterAll(() => at.close());

const around = (changes: Parameters<typeof host>[1] = {}) => ({ hosts: [host("h1", changes)], at: NOW });
const spend = (id: string, unit: string, amount: number) =>
  at.redis.hset(keys.envelope(`plan:${id}`), `${unit}:spent`, amount);

test("of what a plan may use four fifths are for its nodes, and most of these is four fifths once more", async () => {
  const spec = makeSpec({ team: true, budget: { usd: 10 } });
  await spend(spec.id, "usd", 6_390_000);
  expect(await isMostlyUsed(at.redis, spec, around())).toBe(false);
  await spend(spec.id, "usd", 6_400_000);
  expect(await isMostlyUsed(at.redis, spec, around())).toBe(true);
});

test("the operator's limit of a plan and the repository's count, whichever is less", async () => {
  const spec = makeSpec({ team: true, caps: { plan: { tokens: 1_000 } } });
  await spend(spec.id, "tokens", 500);
  expect(await isMostlyUsed(at.redis, spec, around())).toBe(false);
  expect(await isMostlyUsed(at.redis, spec, around({ budget: { plan: { tokens: 700 } } }))).toBe(true);
});

test("where nothing of it is limited there is always enough", async () => {
  const spec = makeSpec({ team: true });
  await spend(spec.id, "usd", 1e9);
  expect(await isMostlyUsed(at.redis, spec, around())).toBe(false);
  expect(await isMostlyUsed(at.redis, spec, around({ budget: { day: { usd: 5 } } }))).toBe(false);
});
