/** What a run has used of what it may use, also where its turns are read again. */
import { expect, test } from "vitest";
import type { Run, Shared } from "../../../workers/run/run.ts";
import { isAllUsed } from "../../../workers/run/watch-budget.ts";

const MINUTE = 60_000;

/** Two turns of 20 minutes each, of which the agent has told no tokens. */
function after(reservedMs: number, counted?: true): { shared: Shared; run: Run } {
  const turn = (name: string, startedAt: number) => ({
    ...{ name, kind: "agent" as const, startedAt, endedAt: startedAt + 20 * MINUTE },
    ...(counted && { counted }),
  });
  const steps = [turn("agent-1", 0), { ...turn("verify-1", 0), kind: "verify" as const }, turn("agent-2", 30 * MINUTE)];
  const record = { epoch: 1, steps, budget: { epoch: 1, reserved: { ms: reservedMs } } };
  const nothing = { inputTokens: 0, outputTokens: 0, cachedTokens: 0 };
  const spoken = { usage: () => ({ totals: nothing, told: { any: false, cost: false } }) };
  const run = { folder: { record }, task: {}, spoken } as unknown as Run;
  return { shared: { operator: { agents: new Map() } } as unknown as Shared, run };
}

test("a time budget is used up by the end of the turn that used it up, not before, whenever that is asked", () => {
  const { shared, run } = after(30 * MINUTE);
  expect(isAllUsed(shared, run, "agent-1")).toBe(false);
  expect(isAllUsed(shared, run, "agent-2")).toBe(true);
});

test("the time of a run before this one counts there", () => {
  const { shared, run } = after(30 * MINUTE, true);
  expect(isAllUsed(shared, run, "agent-2")).toBe(false);
});
