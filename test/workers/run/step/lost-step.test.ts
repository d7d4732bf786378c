import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createRunFolder, type RunFolder } from "../../../../workers/run/run-folder.ts";
import { beginAgainAfterReboot } from "../../../../workers/run/step/lost-step.ts";

const ANOTHER_BOOT = "00000000-0000-4000-8000-000000000000";

describe("after a reboot", () => {
  let dir: string;
  let folder: RunFolder;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "orch-lost-"));
    folder = createRunFolder(dir, { taskId: "tabc", epoch: 1, jobId: "j", slot: 0, startedAt: 1, steps: [] });
    const prepared = {
      agent: "a",
      branch: "b",
      base: "main",
      baseSha: "c",
      sessionId: "s",
      cloneUrl: "u",
      repositoryId: 1,
    };
    folder.record.prepared = prepared;
    folder.record.steps.push({ name: "agent-1", kind: "agent", startedAt: 2 });
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  /** `exit`: what the wrapper left, if it came to it. */
  async function beginsAgain(exit: string | undefined): Promise<boolean> {
    const step = join(folder.dir, "agent-1");
    mkdirSync(step);
    writeFileSync(join(step, "pid"), `12 345 ${ANOTHER_BOOT} 13\n`);
    if (exit !== undefined) writeFileSync(join(step, "exit"), exit);
    await beginAgainAfterReboot(folder);
    return folder.record.prepared === undefined;
  }

  test.each([
    ["that left no word", undefined],
    ["that the machine's end had ended by a signal", "143\n"],
    ["that was held back and never began", "left\n"],
  ])("an agent %s begins anew", async (_, exit) => {
    expect(await beginsAgain(exit)).toBe(true);
  });

  test.each(["0\n", "1\n"])("an agent that had ended by itself (%j) is judged by that", async (exit) => {
    expect(await beginsAgain(exit)).toBe(false);
  });
});
