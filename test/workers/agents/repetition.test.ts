import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { AgentEvent, ToolEvent } from "../../../workers/agents/event.ts";
import type { AgentKind } from "../../../workers/agents/kinds.ts";
import { onlyWaits, STALLED_AT, TOLD_AT, watchRepetition } from "../../../workers/agents/repetition.ts";
import { toolCalls } from "../../../workers/agents/tool-calls.ts";
import { eventsOf, recording } from "./recording.ts";

/** A call by its command, and what came of it. */
type Call = [command: string, result: string];

function timesOf(calls: readonly Call[]): number[] {
  const times = watchRepetition();
  return calls.map(([command, result]) => times(ended(command, result)));
}

function ended(command: string, result: unknown, by?: string): ToolEvent {
  const its = toolCalls();
  its.begin({ id: "1", name: "Bash", parameters: { command }, by });
  const [event] = its.end("1", true, result);
  if (event?.type !== "tool") throw new Error("no call has ended");
  return event;
}

const worst = (calls: readonly Call[]): number => Math.max(...timesOf(calls));
const times = (count: number, call: Call): Call[] => Array.from({ length: count }, () => call);
const TESTS_FAIL: Call = ["npm test", "1 failed"];

describe("goes round in circles, who", () => {
  test("makes the same call with the same result again and again", () => {
    expect(timesOf(times(5, TESTS_FAIL))).toEqual([1, 2, 3, 4, 5]);
  });

  test("goes to and fro between a few calls that came to the same before", () => {
    const round: Call[] = [["cat a.js", "a"], ["cat b.js", "b"], TESTS_FAIL];
    expect(worst(Array.from({ length: 7 }, () => round).flat())).toBeGreaterThanOrEqual(STALLED_AT);
  });

  test("tries an edit that fails in the same way", () => {
    expect(worst(times(5, ["sed -i s/x/y/ missing.js", "no such file"]))).toBe(5);
  });
});

describe("does not go round in circles, who", () => {
  test("runs the tests again after each edit, though they fail in the same way", () => {
    const session = Array.from({ length: 20 }, (_, nth): Call[] => [[`edit ${nth}`, "done"], TESTS_FAIL]).flat();
    expect(worst(session)).toBe(1);
  });

  test("reads a file again that has changed", () => {
    expect(worst(Array.from({ length: 9 }, (_, nth): Call => ["cat log", `line ${nth}`]))).toBe(1);
  });

  test("looks at the same few files again later", () => {
    const files: Call[] = ["a", "b", "c", "d"].map((name) => [`cat ${name}`, name]);
    const work = Array.from({ length: 30 }, (_, nth): Call => [`edit ${nth}`, "done"]);
    expect(worst([...files, ...work, ...files, ...work, ...files])).toBeLessThan(TOLD_AT);
  });

  test("runs flaky tests several times in a row, of which each says how long it took", () => {
    expect(worst(Array.from({ length: 9 }, (_, nth): Call => ["npm test", `1 failed in ${nth} ms`]))).toBe(1);
  });

  test.each([
    "sleep 30; tail -1 build.log",
    "sleep 5 && gh run view 7",
    "while ! test -f done; do sleep 1; done",
    "tail -f build.log",
  ])("waits for something, by a command: %s", (command) => {
    expect(worst(times(9, [command, "still building"]))).toBe(0);
  });

  test.each([
    "mcp__orch__wait",
    "mcp_orch_wait",
    "wait",
    "mcp__orch__inbox",
    "mcp__orch__ask",
    "BashOutput",
    "TaskOutput",
  ])("waits for something, by a tool: %s", (name) => expect(onlyWaits({ name, summary: "" })).toBe(true));

  test.each([
    ["Bash", "npm test"],
    ["Bash", "grep sleep src/a.js"],
    ["Read", "/workspace/tree/src/wait.ts"],
    ["task", "ask for more"],
  ])("but these are work: %s %s", (name, summary) => expect(onlyWaits({ name, summary })).toBe(false));

  test("has several sub-agents that begin with the same call", () => {
    const says = watchRepetition();
    const counts = ["a", "b", "c", "d", "e"].map((by) => says(ended("cat package.json", "{}", by)));
    expect(counts).toEqual([1, 1, 1, 1, 1]);
  });
});

test("a call is the same by all of its arguments, not by the line that tells of it", () => {
  const its = toolCalls();
  const edits = ["x", "y"].map((text, nth) => {
    its.begin({ id: `${nth}`, name: "Edit", parameters: { file_path: "a.js", new_string: text } });
    return its.end(`${nth}`, true, "done")[0] as ToolEvent;
  });
  expect(edits[0]?.summary).toBe(edits[1]?.summary);
  expect(edits[0]?.same).not.toBe(edits[1]?.same);
});

test("a call that has begun, or whose program does not say what it came to, counts for nothing", () => {
  const says = watchRepetition();
  const call = { type: "tool", name: "shell", summary: "npm test" } as const;
  for (let nth = 0; nth < 9; nth++) {
    expect(says({ ...call, status: "started", same: "1" })).toBe(0);
    expect(says(call)).toBe(0);
  }
});

test("what is remembered is bounded", () => {
  const calls = Array.from({ length: 60 }, (_, nth): Call => [`cat ${nth}`, "same"]);
  // The first has been forgotten: it is new once more.
  expect(worst([...calls, ...calls])).toBe(1);
});

const recorded = (["claude", "gemini"] as const).flatMap((kind) =>
  readdirSync(new URL(`../../fixtures/agent-streams/${kind}/`, import.meta.url)).map((file): [AgentKind, string] => [
    kind,
    `${kind}/${file.replace(/\.jsonl$/, "")}`,
  ]),
);

test.each(recorded)("no recorded session of %s is taken for one: %s", (kind, name) => {
  const says = watchRepetition();
  const isTool = (event: AgentEvent): event is ToolEvent => event.type === "tool";
  const counts = eventsOf(kind, recording(name), 0).filter(isTool).map(says);
  expect(Math.max(0, ...counts)).toBeLessThan(TOLD_AT);
});
