import { describe, expect, test } from "vitest";
import { segmentsOf, totals } from "../../../dashboard/pages/segments.ts";
import { ACCEPTED_AT, outcomes, runningTask, settledTask } from "../../report/sample-tasks.ts";

const event = (seconds: number, what: string, detail: Record<string, unknown> = {}) => ({
  at: ACCEPTED_AT + seconds * 1_000,
  what,
  detail,
});

describe("a task's timeline", () => {
  test("is whole: what was before and after a run, and each part of it", () => {
    const events = [
      event(0, "queued"),
      event(3, "claimed"),
      event(5, "phase", { phase: "working" }),
      event(20, "asked"),
      event(21, "parked"),
      event(60, "ready"),
      event(61, "claimed"),
      event(63, "phase", { phase: "working" }),
      event(100, "phase", { phase: "verifying" }),
      event(123, "ended"),
    ];
    const task = settledTask(outcomes.pull_request);
    const { from, to, segments, marks } = segmentsOf(task, events, Number.MAX_SAFE_INTEGER);
    expect([from, to]).toEqual([ACCEPTED_AT, ACCEPTED_AT + 123_000]);
    expect(segments[0]?.from).toBe(from);
    expect(segments.at(-1)?.to).toBe(to);
    for (const [nth, { to: end }] of segments.entries()) expect(segments[nth + 1]?.from ?? to).toBe(end);
    expect(segments.map(({ run }) => run)).toEqual([undefined, 1, 1, undefined, undefined, 2, 2, 2]);
    expect(marks).toEqual([{ at: ACCEPTED_AT + 20_000, word: "asked a person" }]);
    expect(totals(segments)).toEqual([
      { what: "waiting", ms: 39_000 },
      { what: "queued", ms: 4_000 },
      { what: "preparing", ms: 4_000 },
      { what: "working", ms: 53_000 },
      { what: "verifying", ms: 23_000 },
    ]);
  });

  test("of a task at work goes until now", () => {
    const { to, segments } = segmentsOf(
      runningTask("preparing"),
      [event(0, "queued"), event(3, "claimed")],
      ACCEPTED_AT + 9_000,
    );
    expect(to).toBe(ACCEPTED_AT + 9_000);
    expect(segments.at(-1)).toEqual({ what: "preparing", from: ACCEPTED_AT + 3_000, to, run: 1 });
  });

  test("with times that go back, or lie beyond its end, stays within it", () => {
    const events = [event(50, "queued"), event(3, "claimed"), event(900, "phase", { phase: "working" })];
    const { from, to, segments } = segmentsOf(settledTask(outcomes.no_changes), events, 0);
    for (const segment of segments) {
      expect(segment.from).toBeGreaterThanOrEqual(from);
      expect(segment.to).toBeLessThanOrEqual(to);
      expect(segment.to).toBeGreaterThan(segment.from);
    }
  });
});
