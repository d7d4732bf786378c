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

  it("takes a sum that is smaller than before for one that begins with the program", () => {
    expect(totals([session("s"), used(100, "session", 1)], [session("s"), used(20, "session", 0.1)])).toEqual([
      120, 1.1,
    ]);
    const first = [session("s"), used(100, "session", 1)];
    expect(totals(first, [session("s"), used(120, "session", 0.5)])).toEqual([220, 1.5]);
  });

  it("tells by the pieces whether a larger one is", () => {
    const first = [session("s"), used(100, "step"), used(100, "session", 1)];
    const second = [used(150, "step"), used(150, "step")];
    expect(totals(first, [session("s"), ...second, used(300, "session", 3)])).toEqual([400, 4]);
    expect(totals(first, [session("s"), ...second, used(400, "session", 4)])).toEqual([400, 4]);
    // A little more than its pieces say: what helpers of the agent's used.
    expect(totals(first, [session("s"), ...second, used(430, "session", 4.3)])).toEqual([430, 4.3]);
  });
});

describe("a session of an earlier task", () => {
  const before = { inputTokens: 1_000, outputTokens: 100, cachedTokens: 0, costUsd: 10 };

  /** What a run counts that goes on with it, and what the session then has come to. */
  function goesOn(...steps: UsageEvent[][]) {
    const meter = usageMeter();
    meter.knows("s", before);
    for (const step of steps) {
      meter.begin();
      for (const event of [session("s"), ...step]) meter.add(event);
    }
    const { inputTokens, costUsd } = meter.totals();
    const all = meter.usedBy("s");
    return [inputTokens, costUsd, all?.inputTokens, all?.costUsd];
  }

  it("costs this run what it has used itself, however its program counts", () => {
    expect(goesOn([used(1_200, "session", 12)])).toEqual([200, 2, 1_200, 12]);
    expect(goesOn([used(200, "step"), used(200, "session", 2)])).toEqual([200, 2, 1_200, 12]);
    expect(goesOn([used(200, "run", 2)])).toEqual([200, 2, 1_200, 12]);
    expect(goesOn([used(150, "step"), used(50, "step")])).toEqual([200, undefined, 1_200, 10]);
  });

  it("is counted the same way in a later step", () => {
    expect(goesOn([used(1_200, "session", 12)], [used(1_500, "session", 15)])).toEqual([500, 5, 1_500, 15]);
    expect(goesOn([used(200, "session", 2)], [used(300, "session", 3)])).toEqual([500, 5, 1_500, 15]);
  });

  it("is a new one for a run that does not know it", () => {
    const meter = usageMeter();
    expect(meter.usedBy("s")).toBeUndefined();
    for (const event of [session("s"), used(200, "session", 2)]) meter.add(event);
    expect([meter.totals().inputTokens, meter.usedBy("s")?.inputTokens]).toEqual([200, 200]);
  });
});

it("a cost counts as known only where it is that of all that was used", () => {
  const known = (...steps: UsageEvent[][]) => {
    const meter = usageMeter();
    for (const step of steps) {
      meter.begin();
      for (const event of step) meter.add(event);
    }
    return meter.told();
  };
  expect(known([])).toEqual({ any: false, cost: false });
  expect(known([used(10, "step", 1)])).toEqual({ any: true, cost: true });
  expect(known([used(10, "step")])).toEqual({ any: true, cost: false });
  expect(known([used(10, "step", 1), used(10, "step")])).toEqual({ any: true, cost: false });
  expect(known([used(10, "step"), used(10, "session", 1)])).toEqual({ any: true, cost: true });
  expect(known([used(10, "step")], [used(10, "run", 1)])).toEqual({ any: true, cost: false });
  expect(known([used(10, "run", 1)], [used(10, "run", 1)])).toEqual({ any: true, cost: true });
});
