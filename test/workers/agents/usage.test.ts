import { describe, expect, it } from "vitest";
import type { UsageEvent } from "../../../workers/agents/event.ts";
import { usageMeter } from "../../../workers/agents/usage.ts";

const used = (inputTokens: number, scope: UsageEvent["scope"], costUsd?: number): UsageEvent => ({
  type: "usage",
  inputTokens,
  outputTokens: inputTokens / 10,
  cachedTokens: 0,
  costUsd,
  scope,
});
const session = (sessionId: string) => ({ type: "session", sessionId }) as const;

/** The input tokens and cost after these steps. */
function totals(...steps: (UsageEvent | ReturnType<typeof session>)[][]) {
  const meter = usageMeter();
  for (const step of steps) {
    meter.begin();
    for (const event of step) meter.add(event);
  }
  const { inputTokens, costUsd } = meter.totals();
  return [inputTokens, costUsd];
}

describe("what a run has used", () => {
  it("is nothing, at no known cost, while nobody said anything", () => {
    expect(totals()).toEqual([0, undefined]);
  });

  it("adds what each step of the work used", () => {
    expect(totals([used(100, "step", 1), used(50, "step", 2)], [used(10, "step", 3)])).toEqual([160, 6]);
  });

  it("takes the program's own sum in place of the pieces, and its last sum in place of earlier ones", () => {
    expect(totals([used(100, "step"), used(100, "run"), used(250, "run", 5)], [used(30, "run", 1)])).toEqual([280, 6]);
  });

  it("takes off what a resumed session had used before", () => {
    const first = [session("s"), used(100, "step"), used(100, "session", 1)];
    expect(totals(first, [session("s"), used(60, "step"), used(160, "session", 1.5)])).toEqual([160, 1.5]);
    expect(totals(first, [session("s"), used(60, "step")], [session("s"), used(200, "session", 2)])).toEqual([200, 2]);
  });

  it("adds sessions that do not know of each other", () => {
    expect(totals([session("a"), used(100, "session", 1)], [session("b"), used(40, "session", 1)])).toEqual([140, 2]);
  });

  it("never goes down below zero, whatever an agent claims", () => {
    expect(totals([session("s"), used(100, "session")], [session("s"), used(20, "session")])).toEqual([100, undefined]);
  });
});
