/**
 * One step by its name: started, or let go when it is held already, or adopted when it runs, or read again when it has
 * ended. step-spec.ts says what it is made of; run-step.ts follows it to its end.
 */
import { existsSync } from "node:fs";
import { oneLine } from "../../../src/text/bound.ts";
import { printedForms, withoutSecrets } from "../../../src/text/known-secrets.ts";
import { adapterFor } from "../../agents/adapters.ts";
import { isAnswer } from "../../agents/event.ts";
import { secretsOf } from "../../agents/secrets.ts";
import type { UseWatch } from "../../limits/watch-use.ts";
import { pastStep } from "../../tmux/past-step.ts";
import type { HeldStep, RunningStep, StepSpec } from "../../tmux/sessions.ts";
import { hasBegun, readTimes, stepFiles } from "../../tmux/step-files.ts";
import { duringDeed } from "../deed.ts";
import type { Ground } from "../ground.ts";
import { startOf } from "../hand-over.ts";
import { tellAnswered } from "../limit.ts";
import type { Asked } from "../prompts.ts";
import { limitsOf } from "../role.ts";
import { type Run, type Shared, tell, throwIfInterrupted } from "../run.ts";
import { watchBudget } from "../watch-budget.ts";
import { forgetEnd } from "./lost-step.ts";
import { makeProgressTeller } from "./progress-teller.ts";
import { runStep, STOP_GRACE_MS, type StepResult } from "./run-step.ts";
import { followServers } from "./servers.ts";
import { followUse, removeGroupOf } from "./step-limits.ts";
import { FIRST_STEP, kindOf, type StepName } from "./step-name.ts";
import { type FollowedOutlet, followOutlet } from "./step-outlet.ts";
import type { StepRecord } from "./step-record.ts";
import { commandSpec, makeStepFolder } from "./step-spec.ts";
import { showServersWindow, showTeamWindow } from "./team-window.ts";
import { turnSpec } from "./turn-spec.ts";
import { endOf, worked } from "./worked.ts";

/** Of what is said of a connection that was blocked, in characters. */
const MAX_PLACE = 400;

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

function once(deed: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    deed();
  };
}

type Followed = { record: StepRecord; spec: StepSpec; running: RunningStep; outlet: FollowedOutlet | undefined };
type Result = StepResult | { kind: "not begun" };

/** The way out is closed however the step ends; but a restart of the host leaves the program running, and its connections. */
async function closing(outlet: FollowedOutlet | undefined, follow: () => Promise<Result>): Promise<Result> {
  let result: Result | undefined;
  try {
    result = await follow();
    return result;
  } finally {
    if (result && isLeftRunning(result)) outlet?.detach();
    else await outlet?.close();
  }
}

const isLeftRunning = (result: Result) => result.kind === "interrupted" && result.interruption.kind === "handover";

/** Before it was let go, as when memory ran out. What is then started and comes to nothing as well is not started again. */
async function endedWhileHeld({ dir }: StepSpec, how: How, { kind }: StepResult): Promise<boolean> {
  return typeof how === "object" && (kind === "ended" || kind === "lost") && !(await hasBegun(dir));
}

/**
 * The agent ended before it had a session at all: that of the earlier task is of no use to it, as after an upgrade of its
 * program. What else may be the cause comes again without.
 */
function failedToResume(run: Run, ground: Ground, result: Result): boolean {
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

async function followStep(
  shared: Shared,
  run: Run,
  ground: Ground,
  { record, spec, running, outlet }: Followed,
): Promise<Result> {
  const isAgent = record.kind === "agent";
  const progress = makeProgressTeller(shared, run);
  const tellAnswer = once(() => tellAnswered(shared, run, ground, record.startedAt));
  const secrets = printedForms(secretsOf(ground.agent, shared.env));
  outlet?.onBlocked((places) => {
    for (const { host, port, why } of places)
      run.events.blocked(oneLine(withoutSecrets(`${host}:${port}: ${why}`, secrets), MAX_PLACE));
    progress.changed();
  });
  // An earlier life of the host was stopping it: how it ends says nothing any more.
  if (record.missed || record.turnEnded || record.spent) await running.stop(STOP_GRACE_MS);
  if (record.over) await running.stop(0);
  const servers = isAgent ? await followServers(run, record.name, secrets) : undefined;
  if (servers && !record.endedAt) showServersWindow(shared, run, { file: servers.transcript, pid: running.pid });
  const use = followUse(shared, run, ground, { record, running });
  const budget = isAgent ? watchBudget(shared, run, record, progress.changed) : undefined;
  try {
    const ended = await runStep({
      step: record,
      dir: spec.dir,
      transcript: spec.transcript,
      adapter: adapterFor(isAgent ? ground.agent.kind : "plain"),
      limits: limitsOf(shared.operator, run.task.spec),
      workedMs: worked(run.folder.record, record),
      running,
      interrupted: run.interrupted,
      secrets,
      onEvent: (event) => {
        if (isAgent && !(record.counted && event.type === "usage")) run.spoken.hear(event);
        if (event.type === "usage") budget?.look();
        if (isAgent && isAnswer(event)) tellAnswer();
        run.events.hear(event);
        progress.changed();
      },
      ...(isAgent && {
        turnOver: run.turn.over(),
        onTurnOver: () => {
          record.turnEnded = true;
          run.folder.save();
        },
        onStalled: (stalled) => run.interrupt(stalled),
        onDrawing: (line: string) => {
          run.spoken.draw(line);
          progress.changed();
        },
      }),
      use,
      besides: servers?.file,
      onOver: (over) => {
        record.over = over;
        run.folder.save();
      },
      spent: budget?.spent,
      onSpent: () => {
        record.spent = true;
        run.folder.save();
      },
      onMissed: (missed) => {
        record.missed = missed;
        run.folder.save();
      },
    });
    const result = ended.kind === "not begun" || !servers ? ended : await servers.blaming(ended);
    // Before the last progress is told, which says what was blocked.
    if (!isLeftRunning(result)) await outlet?.close();
    await noteUse(run, { record, spec }, use);
    if (record.over && !isLeftRunning(result)) return { kind: "over limit", over: record.over };
    if (record.turnEnded && !isLeftRunning(result)) return { kind: "turn ended" };
    if (record.spent && !isLeftRunning(result)) return { kind: "spent" };
    if (!record.missed) return result;
    // Why it came to that is known only when it has been stopped.
    if (result.kind === "missed") record.missed = result.missed;
    run.folder.save();
    return { kind: "missed", missed: record.missed };
  } finally {
    use.stop();
    budget?.stop();
    await servers?.close();
    await progress.close();
  }
}

/** What the watch has not seen of the processor's time, the wrapper has counted. */
async function noteUse(run: Run, { record, spec }: Pick<Followed, "record" | "spec">, use: UseWatch): Promise<void> {
  use.stop();
  const { peakRssBytes, cpuMs } = use.use();
  record.use = { peakRssBytes, cpuMs: Math.round(Math.max(cpuMs, (await readTimes(spec.dir)) ?? 0)) };
  run.folder.save();
}
