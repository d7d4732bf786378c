import { describe, expect, test } from "vitest";
import { decide, type Findings } from "../../src/task/decide.ts";

const good: Findings = { verdict: { ok: true }, exitCode: 0, commits: 1, lastLines: "done" };
const red = { command: "npm test", exitCode: 1, rounds: 3, outputTail: "1 failed" };

describe("the outcome of a run", () => {
  test("commits by an agent that succeeded are published", () => {
    expect(decide(good)).toEqual({ kind: "publish" });
    expect(decide({ ...good, verification: { ...red, exitCode: 0 } })).toEqual({ kind: "publish" });
  });

  test("an agent that says it succeeded and left no commit changed nothing", () => {
    expect(decide({ ...good, commits: 0 })).toMatchObject({ outcome: { kind: "no_changes", lastWords: "done" } });
  });

  test("work that cannot be published as it is is refused with what stands in the way, also where there are no commits", () => {
    const inTheWay = "The agent left a rebase that is not finished.";
    for (const commits of [0, 2])
      expect(decide({ ...good, commits, inTheWay })).toMatchObject({ outcome: { kind: "refused", reason: inTheWay } });
  });

  test("work that does not pass the repository's own check is not published", () => {
    expect(decide({ ...good, verification: red })).toMatchObject({
      outcome: { kind: "verify_failed", verification: red },
    });
  });

  test("commits do not excuse an agent that failed", () => {
    const verdict = { ok: false as const, reason: "auth", message: "bad key" };
    expect(decide({ ...good, verdict })).toMatchObject({
      outcome: { kind: "agent_failed", reason: "auth", exitCode: 0 },
    });
  });

  test.each(["budget", "turn_limit"])("an agent that stopped at its %s is out of budget, not broken", (reason) => {
    expect(decide({ ...good, verdict: { ok: false, reason, message: "limit" } })).toMatchObject({
      outcome: { kind: "out_of_budget" },
    });
  });

  test("an agent that was stopped is published where what it has done passes the check, and only there", () => {
    const missed = { deadline: "total" as const, afterMs: 3_600_000 };
    const stopped = { by: "deadline" as const, ...missed };
    const verdict = { ok: false as const, reason: "interrupted", message: "A deadline passed." };
    const passes = { ...red, exitCode: 0 };
    expect(decide({ ...good, verdict, missed, stopped, verification: passes })).toEqual({ kind: "publish" });
    const unpublished = { outcome: { kind: "timed_out" } };
    expect(decide({ ...good, verdict, missed, verification: passes })).toMatchObject(unpublished);
    expect(decide({ ...good, verdict, missed, stopped, verification: red })).toMatchObject(unpublished);
    expect(decide({ ...good, verdict, missed, stopped })).toMatchObject(unpublished);
    expect(decide({ ...good, verdict, missed, stopped, commits: 0, verification: passes })).toMatchObject(unpublished);
  });

  test("a missed deadline outranks what the agent left", () => {
    const missed = { deadline: "silence" as const, afterMs: 900_000 };
    expect(decide({ ...good, missed })).toMatchObject({
      outcome: { kind: "timed_out", deadline: "silence", afterMs: 900_000 },
    });
  });
});
