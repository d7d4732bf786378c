import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { printedForms } from "../../../../src/text/known-secrets.ts";
import type { Adapter } from "../../../../workers/agents/adapter.ts";
import type { AgentEvent } from "../../../../workers/agents/event.ts";
import { jsonl } from "../../../../workers/agents/jsonl.ts";
import { plain } from "../../../../workers/agents/plain.ts";
import { parseOperatorFile } from "../../../../workers/operator-file.ts";
import type { Interruption } from "../../../../workers/run/interruption.ts";
import { runStep, type StepOptions } from "../../../../workers/run/step/run-step.ts";
import type { StepEnd } from "../../../../workers/tmux/sessions.ts";

/** A step whose program has written `files` and ends as `ended` says. */
function startStep(
  files: Record<string, string>,
  ended: Promise<StepEnd>,
  secrets: readonly string[] = [],
  adapter: Adapter = plain,
  workedMs = 0,
) {
  const dir = mkdtempSync(join(tmpdir(), "orch-test-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, name), content);
  const events: AgentEvent[] = [];
  const stalled = vi.fn();
  const running = { pid: 1, ended, stop: vi.fn(async () => undefined), detach() {} };
  const run = (
    interrupted: Promise<Interruption> = new Promise(() => undefined),
    turn: Pick<StepOptions, "turnOver" | "onTurnOver"> = {},
  ) =>
    runStep({
      ...turn,
      step: { name: "agent-1", kind: "agent", startedAt: Date.now() },
      ...{ dir, running, secrets, adapter, interrupted },
      transcript: join(dir, "transcript.log"),
      limits: parseOperatorFile("agents: { coder: { kind: plain, command: [coder] } }", "test").limits,
      workedMs,
      onEvent: (event) => void events.push(event),
      onMissed: () => undefined,
      onStalled: stalled,
    });
  return { dir, events, running, stalled, run };
}

test("a key that the agent prints is to be read nowhere", async () => {
  const key = "value-of-the-model-key";
  const filler = "x".repeat(7_990);
  const files = { stdout: `KEY=${key}\ndone\n`, stderr: `bad key ${key}\n${key}${filler}` };
  const step = startStep(files, Promise.resolve({ exitCode: 1 }), [key]);
  const result = await step.run();
  expect(step.events).toEqual([
    { type: "text", text: "KEY=[redacted]" },
    { type: "text", text: "done" },
  ]);
  expect(readFileSync(join(step.dir, "transcript.log"), "utf8")).toContain("KEY=[redacted]");
  // Not even the end of it, where the tail was cut.
  expect(JSON.stringify(result)).not.toContain("model-key");
});

test.each(["stdout", "stderr"])("a flood on %s ends the step while it runs, without a word", async (name) => {
  const step = startStep({ stdout: "", stderr: "" }, new Promise(() => undefined));
  const result = step.run();
  truncateSync(join(step.dir, name), 201 * 1024 * 1024);
  expect(await result).toEqual({ kind: "flooded" });
  expect(step.running.stop).toHaveBeenCalledExactlyOnceWith(0);
});

test("a step that is interrupted ends without what its program wrote and nobody has read yet", async () => {
  const step = startStep({ stdout: "first\n" }, new Promise(() => undefined));
  truncateSync(join(step.dir, "stdout"), 100_000_000);
  appendFileSync(join(step.dir, "stdout"), "\nlast\n");
  const interruption = { kind: "cancel", reason: { kind: "command", by: "maintainer" } } as const;
  expect(await step.run(Promise.resolve(interruption))).toEqual({ kind: "interrupted", interruption });
  expect(JSON.stringify(step.events)).not.toContain("last");
});

test("a turn that the host ends is noted down before its program is stopped, and its last words count", async () => {
  const step = startStep({ stdout: "I wait.\n" }, new Promise(() => undefined));
  const onTurnOver = vi.fn(() => expect(step.running.stop).not.toHaveBeenCalled());
  const result = await step.run(undefined, { turnOver: Promise.resolve(), onTurnOver });
  expect(result).toEqual({ kind: "turn ended" });
  expect(onTurnOver).toHaveBeenCalledTimes(1);
  expect(step.running.stop).toHaveBeenCalledTimes(1);
  expect(step.events).toEqual([{ type: "text", text: "I wait." }]);
});

const LONG_AGO = 24 * 3600_000;

test.each([
  [{ stderr: "Fix the error\nAttempt 9 failed with status 429. Retrying with backoff...\n" }, "rate_limit"],
  [{ stdout: '{"type":"error","reason":"auth","message":"no key"}\n{"type":"retry","reason":"soon"}\n' }, "auth"],
  [{ stdout: '{"type":"retry","reason":"connect ECONNREFUSED 10.0.0.7:443"}\n' }, "unreachable"],
  [{ stdout: '{"type":"error","reason":"server","message":"503"}\n{"type":"text","text":"Now I see."}\n' }, undefined],
])("an agent that misses its deadline in trouble is told of with that: %j", async (written, reason) => {
  const files = { stdout: "", stderr: "", ...written };
  const step = startStep(files, new Promise(() => undefined), [], jsonl, LONG_AGO);
  const result = await step.run();
  expect(result).toMatchObject({ kind: "missed", missed: { deadline: "total" } });
  expect(result.kind === "missed" && result.missed.cause?.reason).toBe(reason);
});

test("what a program says of its use while it is being stopped counts", async () => {
  const step = startStep({ stdout: "", stderr: "" }, new Promise(() => undefined), [], jsonl);
  const usage = { type: "usage", inputTokens: 7, outputTokens: 1, scope: "run" };
  step.running.stop.mockImplementation(async () => {
    appendFileSync(join(step.dir, "stdout"), `${JSON.stringify(usage)}\n`);
  });
  const interruption = { kind: "cancel", reason: { kind: "command", by: "maintainer" } } as const;
  await step.run(Promise.resolve(interruption));
  expect(step.events).toContainEqual(usage);
});

test("a key with quotes and line breaks is to be read nowhere, however the agent's program escapes it", async () => {
  const key = '{"type":"account",\n  "private_key": "pass\\word of the model"}';
  const lines = [
    JSON.stringify({ type: "text", text: `env: ${key}` }),
    JSON.stringify({ type: "tool", name: "shell", summary: key.split("\n")[1] }),
    JSON.stringify({ type: "text", text: key }).replaceAll("o", "\\u006f"),
  ];
  const step = startStep({ stdout: lines.join("\n") }, Promise.resolve({ exitCode: 0 }), printedForms([key]), jsonl);
  await step.run();
  expect(step.events).toHaveLength(3);
  expect(JSON.stringify(step.events)).not.toContain("of the model");
  expect(readFileSync(join(step.dir, "transcript.log"), "utf8")).not.toContain("of the model");
});

test.each(["stdout", "stderr"])("a program that floods %s and ends before anybody looked has flooded", async (name) => {
  const step = startStep({ stdout: "", stderr: "" }, Promise.resolve({ exitCode: 0 }));
  truncateSync(join(step.dir, name), 201 * 1024 * 1024);
  expect(await step.run()).toEqual({ kind: "flooded" });
});

const repeated = (times: number) =>
  `${JSON.stringify({ type: "tool", name: "shell", summary: "npm test", status: "failed", same: "1f" })}\n`.repeat(
    times,
  );

describe("an agent that goes round in circles", () => {
  test("is told of when it has made the same call three times", async () => {
    const step = startStep({ stdout: repeated(4), stderr: "" }, Promise.resolve({ exitCode: 0 }), [], jsonl);
    await step.run();
    expect(step.events.filter(({ type }) => type === "log")).toEqual([
      { type: "log", text: "[the same call 3 times, each time with the same result: shell npm test]" },
    ]);
    expect(step.stalled).not.toHaveBeenCalled();
  });

  test("is stopped when it has made it five times", async () => {
    const step = startStep({ stdout: repeated(5), stderr: "" }, new Promise(() => undefined), [], jsonl);
    const interruption = { kind: "stalled", call: "shell npm test", times: 5 };
    expect(await step.run()).toEqual({ kind: "interrupted", interruption });
    expect(step.stalled).toHaveBeenCalledExactlyOnceWith(interruption);
    expect(step.running.stop).toHaveBeenCalledOnce();
  });

  test("is left alone when it has come out of it, or has ended by itself, before anybody looked", async () => {
    const out = `${repeated(6)}{"type":"tool","name":"edit","summary":"a.js","status":"ok","same":"2e"}\n`;
    const going = startStep({ stdout: out, stderr: "" }, Promise.resolve({ exitCode: 0 }), [], jsonl);
    expect(await going.run()).toMatchObject({ kind: "ended" });
    const over = startStep({ stdout: repeated(6), stderr: "" }, Promise.resolve({ exitCode: 0 }), [], jsonl);
    expect(await over.run()).toMatchObject({ kind: "ended" });
    expect(over.stalled).not.toHaveBeenCalled();
  });
});
