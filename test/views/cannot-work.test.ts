import { expect, test } from "vitest";
import type { Canary } from "../../src/task/canary.ts";
import { cannotWork } from "../../src/views/cannot-work.ts";
import { host } from "../dispatch/worlds.ts";

const MINUTE = 60_000;
const now = 100 * MINUTE;
const told = (canary: Canary | undefined, { busy = 0, paused = {}, ...changes }: Record<string, unknown> = {}) =>
  cannotWork(host("h1", { canary, ...changes }), { busy: Number(busy), paused: paused as object, now });

test("a host cannot work when its last try failed, or when it has taken none for long", () => {
  expect(told({ askedAt: now - MINUTE, at: now - MINUTE, failed: "no namespaces" })).toEqual({
    since: now - MINUTE,
    why: "no namespaces",
  });
  expect(told({ askedAt: now - 5 * MINUTE })).toEqual({ since: now - 5 * MINUTE });
  expect(told({ askedAt: now - 5 * MINUTE, at: now - 20 * MINUTE })).toEqual({ since: now - 5 * MINUTE });
});

test("nothing is said of one that showed that it can, was just asked, has something else to do, or is not to take any", () => {
  const late = { askedAt: now - 5 * MINUTE };
  expect(told({ askedAt: now - 5 * MINUTE, at: now - 4 * MINUTE })).toBeUndefined();
  expect(told({ askedAt: now - MINUTE })).toBeUndefined();
  expect(told(undefined)).toBeUndefined();
  expect(told(late, { busy: 1 })).toBeUndefined();
  expect(told(late, { paused: { pause: { by: "me", since: 1 } } })).toBeUndefined();
  expect(told(late, { paused: { resumedAt: now - MINUTE } })).toBeUndefined();
  for (const changes of [{ alive: false }, { draining: true }, { lacksRoom: { freeBytes: 1, wantedBytes: 2 } }])
    expect(told(late, changes)).toBeUndefined();
});
