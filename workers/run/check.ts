/**
 * One check of what would be published: in a workspace of its own, the repository's setup command and then its verify command.
 * Where that fails, and the agent has left files that a `.gitignore` hides, it is tried once more with these, to know whether
 * they are what is missing. What passes only so is never told as simply verified.
 */
import type { HiddenFiles, Verification } from "../../src/task/progress.ts";
import { keepEnd } from "../../src/text/bound.ts";
import { commandLine } from "../../src/text/shell-words.ts";
import { overInWords } from "../limits/over-in-words.ts";
import { hiddenFiles } from "../publish/hidden-files.ts";
import { showTip } from "../publish/show-tip.ts";
import {
  checkPlace,
  checkPlaceWithHidden,
  forgetSteps,
  isBegun,
  isKnown,
  layCheckPlace,
  objectsOf,
  stepsOf,
  type Work,
} from "./check-place.ts";
import { duringDeed } from "./deed.ts";
import type { Ground } from "./ground.ts";
import { keptSetup } from "./kept-setup.ts";
import type { Run, Shared } from "./run.ts";
import { confinementOf } from "./step/confinement.ts";
import type { Missed } from "./step/deadlines.ts";
import { performStep } from "./step/perform-step.ts";
import type { StepResult } from "./step/run-step.ts";
import type { StepName } from "./step/step-name.ts";
import type { StepRecord } from "./step/step-record.ts";

export type Checked = { kind: "missed"; missed: Missed } | { kind: "judged"; verification: Verification };

const OUTPUT_TAIL_CHARACTERS = 4_000;

export async function check(shared: Shared, run: Run, ground: Ground, work: Work): Promise<Checked> {
  const alone = await checkAlone(shared, run, ground, work);
  if (alone.kind === "missed" || alone.verification.exitCode === 0) return alone;
  const hidden = await hiddenAfter(shared, run, ground, work);
  if (!hidden) return alone;
  const place = checkPlaceWithHidden(shared, run, ground, work);
  const withThem = await checkWithHidden(shared, run, place, work);
  // What it lacks besides, or that there was no time for it, is less than is known already.
  if (withThem?.kind !== "judged") return alone;
  const { verification } = withThem;
  return verification.exitCode === 0 ? { kind: "judged", verification: { ...verification, hidden } } : withThem;
}

/** Without trying what the agent's hidden files would make of it. */
export async function checkAlone(shared: Shared, run: Run, ground: Ground, work: Work): Promise<Checked> {
  const { setup, verify } = stepsOf(work);
  const place = checkPlace(shared, run, ground, work);
  for (;;) {
    const isUnderWay = isBegun(run.folder, verify) || (isBegun(run.folder, setup) && !isKnown(run.folder, verify));
    if (!isUnderWay) {
      forgetSteps(run.folder, [setup, verify]);
      await layCheckPlace(shared, run, ground, work);
    }
    const checked = await setUpAndVerify(shared, run, place, work);
    if (checked !== "lost") return checked;
    mayCheckAgain(run, work);
    forgetSteps(run.folder, [setup, verify]);
  }
}

async function setUpAndVerify(shared: Shared, run: Run, place: Ground, work: Work): Promise<Checked | "lost"> {
  const { setup, verify } = stepsOf(work);
  const { prepared } = place;
  if (prepared.setup && !isBegun(run.folder, verify)) {
    const kept = await keptSetup(shared, run, place, {
      tip: work.collected.tip,
      repositoryDir: objectsOf(run, place, work),
    });
    const isTaken = !isKnown(run.folder, setup) && (await kept?.take());
    const failed = isTaken ? undefined : judge(await performStep(shared, run, place, setup), prepared.setup, work);
    if (failed === "lost" || failed?.kind === "missed" || (failed && failed.verification.exitCode !== 0)) return failed;
    if (!(await showWork(shared, run, place, work))) return unshowable(prepared.setup, work);
    if (!isTaken) await kept?.keep("the task");
  }
  return judge(await performStep(shared, run, place, verify), prepared.verify ?? [], work);
}

/** Undefined when the agent's files cannot be brought to what would be published. */
async function checkWithHidden(shared: Shared, run: Run, place: Ground, work: Work): Promise<Checked | undefined> {
  const { withHidden } = stepsOf(work);
  for (;;) {
    if (!isBegun(run.folder, withHidden)) {
      forgetSteps(run.folder, [withHidden]);
      if (!(await showWork(shared, run, place, work))) return undefined;
    }
    const checked = judge(await performStep(shared, run, place, withHidden), place.prepared.verify ?? [], work);
    if (checked !== "lost") {
      // It ran among the agent's files: what it changed there is none of the agent's work. Once, or a later round would lose its own.
      if (run.folder.record.steps.at(-1)?.name === withHidden) await showWork(shared, run, place, work);
      return checked;
    }
    mayCheckAgain(run, work);
    forgetSteps(run.folder, [withHidden]);
  }
}

/** A check that is killed from outside is none: once more from the start, then no more. */
function mayCheckAgain(run: Run, work: Work): void {
  const step = agentStep(run, work);
  run.log.warn({ round: work.round }, "the check was killed from outside");
  if (step.checkedAgain) throw new Error("The check was killed from outside twice, so it says nothing.");
  step.checkedAgain = true;
}

/** Looked up when the check has failed, and never again: later steps change them. */
async function hiddenAfter(shared: Shared, run: Run, ground: Ground, work: Work): Promise<HiddenFiles | undefined> {
  const step = agentStep(run, work);
  step.hidden ??= (await duringDeed(run.folder, "show the commits", () =>
    hiddenFiles(atTip(shared, run, checkPlaceWithHidden(shared, run, ground, work), work)),
  )) ?? { paths: [], more: 0 };
  run.folder.save();
  return step.hidden.paths.length + step.hidden.more > 0 ? step.hidden : undefined;
}

const showWork = (shared: Shared, run: Run, place: Ground, work: Work): Promise<boolean> =>
  duringDeed(run.folder, "show the commits", () => showTip(atTip(shared, run, place, work)));

function atTip(shared: Shared, run: Run, place: Ground, { collected }: Work) {
  const { workspace, mirror } = place;
  const { driver } = shared;
  return { tip: collected.tip, workspace, mirror, driver, confinement: confinementOf(run, place), signal: run.signal };
}

function agentStep(run: Run, work: Work): StepRecord {
  const { agent } = stepsOf(work);
  const step = run.folder.record.steps.find(({ name }) => (name as StepName) === agent);
  if (!step) throw new Error(`the run has no step ${agent}`);
  return step;
}

function unshowable(command: readonly string[], { round }: Work): Checked {
  const outputTail = "The command left files that cannot be undone.";
  return { kind: "judged", verification: { command: commandLine(command), rounds: round, exitCode: 1, outputTail } };
}

function judge(result: StepResult, command: readonly string[], { round }: Work): Checked | "lost" {
  const base = { command: commandLine(command), rounds: round };
  const judged = (exitCode: number, outputTail: string): Checked => ({
    kind: "judged",
    verification: { ...base, exitCode, outputTail },
  });
  switch (result.kind) {
    case "ended":
      return judged(result.exitCode, keepEnd(result.outputTail, OUTPUT_TAIL_CHARACTERS));
    case "flooded":
      return judged(137, "The command wrote more than 200 MB of output and was stopped.");
    case "over limit":
      return judged(137, `The command was ended: ${overInWords(result.over)}.`);
    case "interrupted":
      throw result.interruption;
    case "turn ended":
      throw new Error("a command has no turns");
    case "spent":
      throw new Error("only an agent's turn ends with what its run may use");
    case "missed":
    case "lost":
      return result.kind === "lost" ? "lost" : result;
  }
}
