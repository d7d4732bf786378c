import { expect, test } from "vitest";
import { audit } from "../../src/views/audit.ts";
import { around, outcomes, settledTask } from "../report/sample-tasks.ts";

const detailOf = (detail: Record<string, unknown>): string | undefined =>
  audit(settledTask(outcomes.no_changes), { events: [{ at: 1, what: "x", detail }], hosts: around.hosts }).timeline[0]
    ?.detail;

test("what happened is told in words, without what only programs need", () => {
  expect(detailOf({ host: "h1", claim: "c1", job: "j1", lane: { agent: "claude" }, epoch: 2 })).toBe(
    "host h1, lane (agent claude), epoch 2",
  );
  expect(detailOf({ epoch: 1, outcome: { kind: "pull_request", number: 7 } })).toBe(
    "epoch 1, outcome (pull_request, number 7)",
  );
  expect(detailOf({ reasons: [{ for: "agent", agent: "codex" }] })).toBe("reasons ((for agent, agent codex))");
  expect(detailOf({ phase: "verifying", progress: { lastLines: "x" } })).toBe("verifying");
  expect(detailOf({})).toBe("");
});

test("hostile words in it are cleaned and bounded", () => {
  const told = detailOf({ by: `\u001b[2J\u202e${"x".repeat(5_000)}`, a: { b: { c: { d: { e: "deep" } } } } }) ?? "";
  expect(told.length).toBeLessThanOrEqual(300);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  expect(told).not.toMatch(/[\u001b\u202e]|deep/);
});
