/**
 * Runs the repository's setup command before its agent starts: in the workspace, without the agent's keys, with a network
 * policy of its own and an empty home, which the agent then gets. What it leaves that git ignores (dependencies, say) is what it is for; what it changes in the repository's own
 * files is undone, since that would be published as the agent's work.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Outcome } from "../../src/task/outcome.ts";
import { keepEnd } from "../../src/text/bound.ts";
import { commandLine } from "../../src/text/shell-words.ts";
import { showTip } from "../publish/show-tip.ts";
import { isKnown } from "./check-place.ts";
import { duringDeed } from "./deed.ts";
import type { Ground } from "./ground.ts";
import { keptSetup } from "./kept-setup.ts";
import { type Run, type Shared, tell, throwIfInterrupted } from "./run.ts";
import { handHomeOver, openFreshHome } from "./setup-home.ts";
import { confinementOf } from "./step/confinement.ts";
import { startAgain } from "./step/lost-step.ts";
import { performStep } from "./step/perform-step.ts";
import type { StepResult } from "./step/run-step.ts";
import { FIRST_STEP, FIRST_SETUP as NAME } from "./step/step-name.ts";
import { whoWorks } from "./who-works.ts";

const OUTPUT_CHARACTERS = 4_000;

/** Undefined when the agent may start; otherwise how the run ends. */
export async function setUp(shared: Shared, run: Run, ground: Ground): Promise<Outcome | undefined> {
  const { setup, baseSha: tip } = ground.prepared;
  // After a restart of the host: whatever the agent has begun, it has begun on files that are ready.
  if (!setup || existsSync(join(run.folder.dir, FIRST_STEP))) return undefined;
  throwIfInterrupted(run);
  // One that was begun before the record came in doubt is followed, so that its deadline holds.
  const inDoubt = run.folder.record.steps.some(({ name }) => name === NAME) ? "skip" : "wait";
  await tell(shared, run, { name: "progress", progress: whoWorks(shared, run, ground), at: Date.now() }, { inDoubt });
  const place = await openFreshHome(shared, run, ground);
  const { workspace, mirror } = ground;
  const kept = await keptSetup(shared, run, place, { tip, repositoryDir: mirror.dir });
  const isTaken = !isKnown(run.folder, NAME) && (await kept?.take());
  const failed = isTaken ? undefined : failureOf(await perform(shared, run, place), commandLine(setup));
  if (failed) return failed;
  const shown = { tip, workspace, mirror, driver: shared.driver, confinement: confinementOf(run, ground) };
  const done = await duringDeed(run.folder, "show the commits", () => showTip({ ...shown, signal: run.signal }));
  if (!done) return failure(commandLine(setup), "left files that cannot be undone", {});
  if (!isTaken) await kept?.keep(run.task.spec.node ? "the task" : "the repository");
  await handHomeOver(shared, run, ground);
  return undefined;
}

/** A command that is killed from outside says nothing: once more from the start, then no more. */
async function perform(shared: Shared, run: Run, ground: Ground): Promise<StepResult> {
  for (;;) {
    const result = await performStep(shared, run, ground, NAME);
    if (result.kind !== "lost") return result;
    run.log.warn({ step: NAME }, "the setup command was killed from outside");
    if (!startAgain(run.folder, NAME)) throw new Error("The setup command was killed from outside twice.");
  }
}

function failureOf(result: StepResult, command: string): Outcome | undefined {
  switch (result.kind) {
    case "ended": {
      const { exitCode, outputTail } = result;
      return exitCode === 0 ? undefined : failure(command, `exits with ${exitCode}`, { exitCode, outputTail });
    }
    case "flooded":
      return failure(command, "wrote more than 200 MB of output and was stopped", {});
    case "over limit":
      return { kind: "over_limit", during: "setup", ...result.over, lastLines: "" };
    case "missed":
      return { kind: "timed_out", ...result.missed, lastLines: "" };
    case "interrupted":
      throw result.interruption;
    case "spent":
    case "turn ended":
      throw new Error("a command has no turns");
    case "lost":
      throw new Error(`a setup command cannot end as ${result.kind}`);
  }
}

function failure(command: string, what: string, said: { exitCode?: number; outputTail?: string }): Outcome {
  const { exitCode, outputTail = "" } = said;
  const lastLines = keepEnd(outputTail, OUTPUT_CHARACTERS);
  return { kind: "agent_failed", reason: "setup", message: `\`${command}\` ${what}`, exitCode, lastLines };
}
