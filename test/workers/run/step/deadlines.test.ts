import { type ChildProcess, spawn } from "node:child_process";
import { describe, expect, onTestFinished, test } from "vitest";
import { deadlinesOf } from "../../../../src/task/deadlines.ts";
import { parseOperatorFile } from "../../../../workers/operator-file.ts";
import { watchDeadlines } from "../../../../workers/run/step/deadlines.ts";
import { processorTime } from "../../../../workers/sandbox/processes.ts";

const { limits } = parseOperatorFile("agents: { one: { kind: plain, command: [/bin/true] } }", "orch.yml");
const MINUTE = 60_000;
const idle = () => 0;

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
      idle,
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
    const watch = watchDeadlines("agent", tight, times, idle, () => (lastOutputAt === undefined ? 0 : 2 * MINUTE));
    lastOutputAt = 1;
    watch.spoke();
    expect(await watch.missed).toEqual({ deadline: "silence", afterMs: MINUTE });
    watch.stop();
  });
});

describe("an agent that says nothing", () => {
  /** `said`: whether it has said a word before. It may be quiet for 0.6 s and work for 1.8 s. */
  function watchShell(script: string, said: boolean) {
    const child = startShell(script);
    const begun = Date.now();
    const times = { workedMs: 0, stepStartedAt: begun, lastOutputAt: said ? begun : undefined };
    const quick = { ...limits, firstOutputMinutes: 0.01, silenceMinutes: 0.01, totalMinutes: 0.03 };
    const used = () => processorTime(child.pid ?? 0);
    const watch = watchDeadlines("agent", quick, async () => times, used, Date.now);
    onTestFinished(() => watch.stop());
    return watch.missed;
  }

  const BUSY = "while :; do :; done";
  test.each([
    ["sleeps, after its first words", "exec sleep 600", true, "silence"],
    ["sleeps, before its first word", "exec sleep 600", false, "first_output"],
    ["is at work, after its first words", BUSY, true, "total"],
    ["is at work, before its first word", BUSY, false, "total"],
    ["has others work for it", `(${BUSY}) & wait`, true, "total"],
    ["has one short program after the other work for it", `while :; do sh -c :; done`, true, "total"],
  ] as const)("and %s", async (_, script, said, deadline) => {
    expect(await watchShell(script, said)).toMatchObject({ deadline });
  });

  test("and has done its work is ended once it has rested for as long as it may be silent", async () => {
    let now = 0;
    let worked = 0;
    const quick = { ...limits, silenceMinutes: 0.001 }; // 60 ms, each look moves the clock by 15
    const times = async () => ({ workedMs: 0, stepStartedAt: 0, lastOutputAt: 0 });
    const used = () => {
      if (now < 150) worked += 15;
      return worked;
    };
    const tick = () => {
      now += 15;
      return now;
    };
    const watch = watchDeadlines("agent", quick, times, used, tick);
    onTestFinished(() => watch.stop());
    expect(await watch.missed).toEqual({ deadline: "silence", afterMs: 60 });
    expect(now).toBeGreaterThanOrEqual(150 + 60 - 15);
    expect(now).toBeLessThanOrEqual(150 + 60 + 15);
  });
});

function startShell(script: string): ChildProcess {
  const child = spawn("/bin/sh", ["-c", script], { detached: true, stdio: "ignore" });
  // The group: what the shell has started as well.
  onTestFinished(() => void process.kill(-(child.pid ?? 0), "SIGKILL"));
  return child;
}
