import { describe, expect, test } from "vitest";
import { deadlinesOf } from "../../../../src/task/deadlines.ts";
import { parseOperatorFile } from "../../../../workers/operator-file.ts";
import { watchDeadlines } from "../../../../workers/run/step/deadlines.ts";

const { limits } = parseOperatorFile("agents: { one: { kind: plain, command: [/bin/true] } }", "orch.yml");
const MINUTE = 60_000;

describe("deadlines", () => {
  test("an agent that has not said a word is judged by its first output, then by its silence, always by the total", () => {
    const times = { workedMs: 0, stepStartedAt: 1_000, lastOutputAt: undefined };
    expect(deadlinesOf("agent", limits, times)).toEqual([
      { deadline: "first_output", at: 1_000 + 5 * MINUTE, afterMs: 5 * MINUTE },
      { deadline: "total", at: 1_000 + 60 * MINUTE, afterMs: 60 * MINUTE },
    ]);
    const late = deadlinesOf("agent", limits, { ...times, lastOutputAt: 50 * MINUTE });
    expect(late.map((each) => each.deadline)).toEqual(["total", "silence"]);
  });

  test("only the agent's own time counts for its total, that of its earlier rounds included", () => {
    const times = { workedMs: 20 * MINUTE, stepStartedAt: 90 * MINUTE, lastOutputAt: 128 * MINUTE };
    expect(deadlinesOf("agent", limits, times).map(({ deadline, at }) => [deadline, at])).toEqual([
      ["total", 130 * MINUTE],
      ["silence", 143 * MINUTE],
    ]);
  });

  test("a verify command has its own, and no other", () => {
    const times = { workedMs: 0, stepStartedAt: 59 * MINUTE, lastOutputAt: undefined };
    expect(deadlinesOf("verify", limits, times).map(({ deadline, at }) => [deadline, at])).toEqual([
      ["verifying", 74 * MINUTE],
    ]);
  });

  test("output that came since moves the deadline: it is looked at again before anything is missed", async () => {
    let now = 0;
    let looks = 0;
    const watch = watchDeadlines(
      "agent",
      { ...limits, firstOutputMinutes: 0.0001, silenceMinutes: 0.0001, totalMinutes: 1 },
      async () => {
        looks += 1;
        if (looks === 2) now = 2 * MINUTE; // the clock has moved on while the agent spoke
        return { workedMs: 0, stepStartedAt: 0, lastOutputAt: looks === 1 ? undefined : now };
      },
      () => now,
    );
    expect(await watch.missed).toEqual({ deadline: "total", afterMs: MINUTE });
    expect(looks).toBe(2);
    watch.stop();
  });

  test("the first words start the silence deadline at once, not when the first-output deadline would have passed", async () => {
    let lastOutputAt: number | undefined;
    const times = async () => ({ workedMs: 0, stepStartedAt: 0, lastOutputAt });
    const tight = { ...limits, firstOutputMinutes: 30, silenceMinutes: 1 };
    const watch = watchDeadlines("agent", tight, times, () => (lastOutputAt === undefined ? 0 : 2 * MINUTE));
    lastOutputAt = 1;
    watch.spoke();
    expect(await watch.missed).toEqual({ deadline: "silence", afterMs: MINUTE });
    watch.stop();
  });
});
