import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import type { AgentEvent } from "../../../workers/agents/event.ts";
import { plain } from "../../../workers/agents/plain.ts";
import { parseOperatorFile } from "../../../workers/operator-file.ts";
import { runStep } from "../../../workers/run/run-step.ts";
import type { StepEnd } from "../../../workers/tmux/sessions.ts";

/** A step whose program has written `files` and ends as `ended` says. */
function startStep(files: Record<string, string>, ended: Promise<StepEnd>, secrets: readonly string[] = []) {
  const dir = mkdtempSync(join(tmpdir(), "orch-test-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, name), content);
  const events: AgentEvent[] = [];
  const running = { pid: 1, ended, stop: vi.fn(async () => undefined), detach() {} };
  const run = () =>
    runStep({
      step: { name: "agent-1", kind: "agent", startedAt: Date.now() },
      ...{ dir, running, secrets },
      transcript: join(dir, "transcript.log"),
      adapter: plain,
      limits: parseOperatorFile("agents: { coder: { kind: plain, command: [coder] } }", "test").limits,
      runStartedAt: Date.now(),
      interrupted: new Promise(() => undefined),
      onEvent: (event) => void events.push(event),
      onOutput: () => undefined,
    });
  return { dir, events, running, run };
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

test("a flood on the error output, which nobody follows, ends the step while it runs", async () => {
  const step = startStep({ stdout: "", stderr: "" }, new Promise(() => undefined));
  const result = step.run();
  truncateSync(join(step.dir, "stderr"), 201 * 1024 * 1024);
  expect(await result).toEqual({ kind: "flooded" });
  expect(step.running.stop).toHaveBeenCalledOnce();
});

test.each(["stdout", "stderr"])("a program that floods %s and ends before anybody looked has flooded", async (name) => {
  const step = startStep({ stdout: "", stderr: "" }, Promise.resolve({ exitCode: 0 }));
  truncateSync(join(step.dir, name), 201 * 1024 * 1024);
  expect(await step.run()).toEqual({ kind: "flooded" });
});
