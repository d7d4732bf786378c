import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createRunFolder } from "../../../../workers/run/run-folder.ts";
import { lastOutputOf } from "../../../../workers/run/step/last-output.ts";

test("a run's last word is the later one of its last step's two outputs, and its step's beginning before any", async () => {
  const dir = mkdtempSync(join(tmpdir(), "orch-test-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const record = { taskId: "tabc", epoch: 1, jobId: "tabc-1", slot: 0, startedAt: 1_000, steps: [] };
  const folder = createRunFolder(dir, record);
  expect(lastOutputOf({ folder })).toBe(1_000);
  folder.record.steps.push({ name: "agent-1", kind: "agent", startedAt: 2_000 });
  expect(lastOutputOf({ folder })).toBe(2_000);
  const write = (name: string, text: string, seconds: number) => {
    mkdirSync(join(folder.dir, "agent-1"), { recursive: true });
    writeFileSync(join(folder.dir, "agent-1", name), text);
    utimesSync(join(folder.dir, "agent-1", name), seconds, seconds);
  };
  write("stdout", "", 5);
  expect(lastOutputOf({ folder })).toBe(2_000);
  write("stdout", "hello\n", 3);
  expect(lastOutputOf({ folder })).toBe(3_000);
  write("stderr", "progress\n", 4);
  expect(lastOutputOf({ folder })).toBe(4_000);
});
