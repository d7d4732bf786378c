import { expect, test } from "vitest";
import type { Funds } from "../../src/dispatch/funds.ts";
import { isReady } from "../../src/dispatch/ready.ts";
import { cannotAfford } from "../../src/dispatch/unaffordable.ts";
import type { Balance, EnvelopeKind } from "../../src/task/envelope.ts";
import type { Amounts } from "../../src/text/budget.ts";
import { host, NOW, spec, world } from "./worlds.ts";

const issue = spec("tabc", { target: { kind: "issue", defaultBranch: "main" } });
const hosts = [host("h1")];
const DAYS_MS = 24 * 3600_000;

const balance = (of: EnvelopeKind, limit: Amounts, spent: Amounts = {}, reserved: Amounts = {}): Balance => ({
  ...{ of, name: `${of}:x`, label: "x" },
  ...{ limit, spent, reserved },
});
const funds = (balances: Balance[], most: Amounts = {}): Funds => ({ balances, want: { usd: 1, runs: 1 }, most });
const ready = (given: Funds, asked = issue) => isReady(asked, world({ hosts, funds: given }));

test("a task starts where its run can set aside what it needs, or a part of it", () => {
  expect(ready(funds([balance("day", { usd: 10 }, { usd: 9 })]))).toMatchObject({ kind: "ready" });
  expect(ready(funds([balance("day", { usd: 10 }, { usd: 9 }, { usd: 0.5 })]))).toMatchObject({ kind: "ready" });
});

test("it waits for a week at most where too little is left, and its deadline stays", () => {
  const spent = funds([balance("task", {}), balance("day", { usd: 10 }, { usd: 9 }, { usd: 1 })]);
  const waits = ready(spent);
  expect(waits).toEqual({
    kind: "waits",
    reasons: [{ for: "budget", of: "day", unit: "usd", until: NOW + 7 * DAYS_MS }],
  });
  const later = world({ hosts, funds: spent, now: NOW + DAYS_MS });
  expect(isReady(issue, later, waits.kind === "waits" ? waits.reasons : [])).toEqual(waits);
});

test("the smallest envelope is the one that is named", () => {
  const both = funds([balance("conversation", { usd: 2 }, { usd: 2 }), balance("day", { usd: 10 }, { usd: 10 })]);
  expect(ready(both)).toMatchObject({ reasons: [{ of: "conversation" }] });
});

test("a task whose own budget is used up can never start again, unless a run of it may leave something over", () => {
  expect(ready(funds([balance("task", { usd: 2 }, { usd: 1.95 })]))).toEqual({
    kind: "unaffordable",
    why: { what: "short", of: "task", unit: "usd", limit: 2 },
  });
  expect(ready(funds([balance("task", { usd: 2 }, {}, { usd: 2 })]))).toMatchObject({ kind: "waits" });
});

test("a plan that has used up what it may gives nothing back either, unless a run of it may leave something over", () => {
  expect(ready(funds([balance("task", {}), balance("plan", { usd: 8 }, { usd: 8 })]))).toMatchObject({
    kind: "unaffordable",
    why: { of: "plan" },
  });
  expect(ready(funds([balance("plan", { usd: 8 }, {}, { usd: 8 })]))).toMatchObject({ kind: "waits" });
});

test("one that was given more than it may have is told so", () => {
  const asked = { ...issue, budget: { usd: 10 } };
  const answer = ready(funds([balance("task", { usd: 5 })], { usd: 5 }), asked);
  expect(answer).toEqual({ kind: "unaffordable", why: { what: "beyond", unit: "usd", asked: 10, most: 5 } });
  if (answer.kind === "unaffordable") expect(cannotAfford(answer.why)).toContain("a task may use at most $5.00 here");
});

test("an envelope in which there is never anything is no reason to wait", () => {
  expect(ready(funds([balance("day", { usd: 0 })]))).toMatchObject({ kind: "unaffordable", why: { of: "day" } });
});
