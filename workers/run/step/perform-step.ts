/**
 * One step by its name: started, or let go when it is held already, or adopted when it runs, or read again when it has
 * ended. step-spec.ts says what it is made of; follow-step.ts follows it to its end.
 */
import { existsSync } from "node:fs";
import { pastStep } from "../../tmux/past-step.ts";
import type { HeldStep, RunningStep, StepSpec } from "../../tmux/sessions.ts";
import { hasBegun, stepFiles } from "../../tmux/step-files.ts";
import { duringDeed } from "../deed.ts";
import type { Ground } from "../ground.ts";
import { startOf } from "../hand-over.ts";
import type { Asked } from "../prompts.ts";
import { type Run, type Shared, tell, throwIfInterrupted } from "../run.ts";
import { type FollowedResult, followStep, isLeftRunning } from "./follow-step.ts";
import { forgetEnd } from "./lost-step.ts";
import type { StepResult } from "./run-step.ts";
import { removeGroupOf } from "./step-limits.ts";
import { FIRST_STEP, kindOf, type StepName } from "./step-name.ts";
import { type FollowedOutlet, followOutlet } from "./step-outlet.ts";
import type { StepRecord } from "./step-record.ts";
import { commandSpec, makeStepFolder } from "./step-spec.ts";
import { showTeamWindow } from "./team-window.ts";
import { turnSpec } from "./turn-spec.ts";
import { endOf } from "./worked.ts";

/** `asked`: what an agent's later turn is about. */
export async function performStep(
  shared: Shared,
  run: Run,
  ground: Ground,
  name: StepName,
  asked?: Asked,
): Promise<StepResult> {
  throwIfInterrupted(run);
  const known = run.folder.record.steps.find((record) => record.name === name);
  const kind = kindOf(name);
  const record: StepRecord = known ?? { name, kind, startedAt: Date.now() };
  if (!known) {
    // Recorded before it starts: a crash in between finds a step without a process, never a process without a step.
    run.folder.record.steps.push(record);
    run.folder.save();
  }
  let how: How = known ? "go on" : name === FIRST_STEP && ground.held ? { held: ground.held } : "start";
  for (;;) {
    makeStepFolder(run, name);
    const spec = kind === "agent" ? turnSpec(shared, run, ground, name, asked) : commandSpec(shared, run, ground, name);
    if (kind === "agent") await run.talk.open(ground);
    run.spoken.begin();
    run.turn.begin();
    await run.events.begin(record, { isReadAgain: how === "go on" });
    // The way out stands before the program begins.
    const isPast = run.folder.record.steps.at(-1) !== record;
    const outlet = isPast ? undefined : await followOutlet(shared, run, ground, record);
    const result = await closing(outlet, async () => {
      const running = isPast
        ? await pastStep(spec.dir)
        : await duringDeed(run.folder, "start a step", () => letRun(shared, run, { record, spec, how }));
      return followStep(shared, run, ground, { record, spec, running, outlet });
    });
    if (!isLeftRunning(result)) {
      record.endedAt ??= endOf(spec.dir);
      await removeGroupOf(shared, run, name);
    }
    // "Not begun": the host went away between writing the step down and letting it go.
    const again = result.kind === "not begun" || (await endedWhileHeld(spec, how, result));
    if (!again && !(name === FIRST_STEP && failedToResume(run, ground, result))) return result;
    throwIfInterrupted(run);
    if (!again) await forgetSession(shared, run, ground);
    forgetEnd(run.folder, record);
    how = "start";
  }
}

/** The way out is closed however the step ends; but a restart of the host leaves the program running, and its connections. */
async function closing(
  outlet: FollowedOutlet | undefined,
  follow: () => Promise<FollowedResult>,
): Promise<FollowedResult> {
  let result: FollowedResult | undefined;
  try {
    result = await follow();
    return result;
  } finally {
    if (result && isLeftRunning(result)) outlet?.detach();
    else await outlet?.close();
  }
}

/** Before it was let go, as when memory ran out. What is then started and comes to nothing as well is not started again. */
async function endedWhileHeld({ dir }: StepSpec, how: How, { kind }: StepResult): Promise<boolean> {
  return typeof how === "object" && (kind === "ended" || kind === "lost") && !(await hasBegun(dir));
}

/**
 * The agent ended before it had a session at all: that of the earlier task is of no use to it, as after an upgrade of its
 * program. What else may be the cause comes again without.
 */
function failedToResume(run: Run, ground: Ground, result: FollowedResult): boolean {
  if (!ground.resumed || result.kind !== "ended" || result.verdict.ok) return false;
  return run.spoken.progress().sessionId === undefined;
}

async function forgetSession(shared: Shared, run: Run, ground: Ground): Promise<void> {
  run.log.warn(
    { session: ground.resumed?.sessionId },
    "the agent cannot go on with its earlier session: it begins anew",
  );
  ground.resumed = undefined;
  ground.prepared.resumed = undefined;
  await tell(shared, run, { name: "progress", progress: { start: startOf(run, ground) }, at: Date.now() });
}

/** `go on`: it is written down, so an earlier life of this host may have started it. */
type How = "start" | "go on" | { held: HeldStep };

/** A step that was written down and never came to start is simply started. */
async function letRun(
  shared: Shared,
  run: Run,
  { record, spec, how }: { record: StepRecord; spec: StepSpec; how: How },
): Promise<RunningStep> {
  const { sessions } = shared;
  const session = run.task.spec.id;
  // In this order: what ends in between has left its name.
  const listed = how === "go on" && (await sessions.list()).includes(session);
  const begun = listed || (how === "go on" && existsSync(stepFiles(spec.dir).pid));
  const start = async () => (typeof how === "object" ? how.held.letGo() : await sessions.start(session, spec));
  if (begun) noteAway(run, record);
  const running = begun ? await sessions.adopt(session, spec) : await start();
  showTeamWindow(shared, run);
  // Whatever ended while nobody watched has not missed a deadline since.
  if (existsSync(stepFiles(spec.dir).exit)) await running.ended;
  const held = typeof how === "object";
  run.log.info({ step: record.name, wrapper: running.pid, adopted: begun, held }, "step runs");
  return running;
}

/** It was started in an earlier life of this host, which did not see it end. */
function noteAway({ folder }: Run, record: StepRecord): void {
  if (record.kind !== "agent" || record.endedAt !== undefined || record.unattended) return;
  record.unattended = true;
  folder.save();
}
