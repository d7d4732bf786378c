/**
 * Programs that were lost through nobody's fault say nothing about the work: they are begun again, never judged. What an
 * agent has half done cannot be gone on with, so its run begins anew; a check is only started again.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { readBootId, readExit, readWrapper } from "../../tmux/step-files.ts";
import type { RunFolder } from "../run-folder.ts";
import { serversStep } from "./servers.ts";
import { FIRST_SETUP } from "./step-name.ts";
import type { StepRecord } from "./step-record.ts";

/** More than this is the code of a program that a signal ended: a machine that goes down sends some before it does. */
const MAX_OWN_CODE = 128;

/** Call it before a run is taken up: its last program may have gone with the machine. */
export async function beginAgainAfterReboot(folder: RunFolder): Promise<void> {
  const { record } = folder;
  const step = record.steps.at(-1);
  if (!step || step.missed || !(await wentWithTheMachine(join(folder.dir, step.name)))) return;
  if (step.kind === "verify" || (step.kind === "setup" && step.name !== FIRST_SETUP)) return forgetEnd(folder, step);
  // Not prepared: then the ground is laid afresh, and with it the folder.
  record.prepared = undefined;
  record.startedAt = Date.now();
  folder.save();
}

/** False when the step was started again before: whatever ends it will do so a third time. */
export function startAgain(folder: RunFolder, name: string): boolean {
  const step = folder.record.steps.find((record) => record.name === name);
  if (!step || step.again) return false;
  step.again = true;
  forgetEnd(folder, step);
  return true;
}

/** A step that is recorded and has left nothing is one that never came to start, and is started. */
export function forgetEnd(folder: RunFolder, step: StepRecord): void {
  for (const name of [step.name, serversStep(step.name)])
    rmSync(join(folder.dir, name), { recursive: true, force: true });
  step.startedAt = Date.now();
  step.endedAt = undefined;
  step.unattended = undefined;
  folder.save();
}

async function wentWithTheMachine(dir: string): Promise<boolean> {
  const wrapper = await readWrapper(dir);
  if (!wrapper || wrapper.boot === (await readBootId())) return false;
  const exit = await readExit(dir);
  return exit === undefined || !("exitCode" in exit) || exit.exitCode > MAX_OWN_CODE;
}
