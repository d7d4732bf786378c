/**
 * One step by its name: started, or adopted when it runs already, or read again when it has ended. What it is made of
 * (command, environment, prompt, confinement) is put together here; run-step.ts follows it to its end.
 */
import { closeSync, existsSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Verification } from "../../src/task/task.ts";
import { adapterFor } from "../agents/adapters.ts";
import { renderPrompt } from "../agents/prompt.ts";
import { printedForms, secretsOf } from "../agents/secrets.ts";
import { pastStep } from "../tmux/past-step.ts";
import type { RunningStep, StepSpec } from "../tmux/sessions.ts";
import { stepFiles } from "../tmux/step-files.ts";
import { confinementOf, stepEnvironment } from "./confinement.ts";
import { longestOf } from "./deadlines.ts";
import { basicsOf, type Ground, homeOf } from "./prepare.ts";
import { makeProgressTeller } from "./progress-teller.ts";
import { type Run, type Shared, throwIfInterrupted } from "./run.ts";
import type { StepRecord } from "./run-record.ts";
import { runStep, STOP_GRACE_MS, type StepResult } from "./run-step.ts";

/** A living host ends a step at its deadline by itself, with a word first; this long after it nobody is left to. */
const GRACE_MS = 2 * 60_000;

/** `agent-1`, `verify-1`, `agent-2`, ... `handBack`: the failed check that an agent's later round is about. */
export type StepName = `${"agent" | "verify"}-${number}`;

export async function performStep(
  shared: Shared,
  run: Run,
  ground: Ground,
  name: StepName,
  handBack?: Verification,
): Promise<StepResult> {
  throwIfInterrupted(run);
  const known = run.folder.record.steps.find((record) => record.name === name);
  const kind = name.startsWith("agent") ? "agent" : "verify";
  const record: StepRecord = known ?? { name, kind, startedAt: Date.now() };
  const dir = join(run.folder.dir, name);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const spec = kind === "agent" ? agentSpec(shared, run, ground, dir, handBack) : verifySpec(shared, run, ground, dir);
  if (!known) {
    // Recorded before it starts: a crash in between finds a step without a process, never a process without a step.
    run.folder.record.steps.push(record);
    run.folder.save();
  }
  closeSync(openSync(spec.transcript, "a", 0o600)); // the pane shows it from its first moment
  run.spoken.begin();
  const running = await startOrAdopt(shared, run, record, spec, known !== undefined);
  return await followStep(shared, run, ground, { record, spec, running });
}

function agentSpec(shared: Shared, run: Run, ground: Ground, dir: string, handBack?: Verification): StepSpec {
  const { agent, prepared, workspace } = ground;
  const { command, env } = adapterFor(agent.kind).launch(agent, {
    homeDir: homeOf(workspace),
    sessionId: prepared.sessionId,
    resume: handBack ? run.spoken.progress().sessionId : undefined,
    env: shared.env,
  });
  const stdinFile = promptFile(run, ground, dir, handBack);
  return {
    ...specOf(shared, run, ground, { dir, kind: "agent", command, env: stepEnvironment(run, ground, env) }),
    stdinFile,
  };
}

function verifySpec(shared: Shared, run: Run, ground: Ground, dir: string): StepSpec {
  const command = [...(ground.prepared.verify ?? [])];
  return specOf(shared, run, ground, { dir, kind: "verify", command, env: stepEnvironment(run, ground, {}) });
}

function specOf(
  shared: Shared,
  run: Run,
  ground: Ground,
  {
    dir,
    kind,
    command,
    env,
  }: { dir: string; kind: StepRecord["kind"]; command: string[]; env: Record<string, string> },
): StepSpec {
  return {
    dir,
    env,
    transcript: join(dir, "transcript.log"),
    endAfterMs: longestOf(kind, shared.operator.limits) + GRACE_MS,
    user: run.user,
    command: shared.driver.wrap(confinementOf(run, ground, env), command),
  };
}

function promptFile(run: Run, ground: Ground, dir: string, handBack: Verification | undefined): string {
  if (!handBack) return join(run.folder.dir, "prompt.md");
  const path = join(dir, "prompt.md");
  const { command, exitCode, outputTail, rounds } = handBack;
  const prompt = renderPrompt({
    ...basicsOf(run, ground.prepared),
    handBack: { round: rounds, command, exitCode, outputTail },
  });
  writeFileSync(path, prompt, { mode: 0o600 });
  return path;
}

/** A step that was planned and never came to start is simply started. */
async function startOrAdopt(
  { sessions }: Shared,
  run: Run,
  record: StepRecord,
  spec: StepSpec,
  planned: boolean,
): Promise<RunningStep> {
  if (run.folder.record.steps.at(-1) !== record) return pastStep(spec.dir);
  const session = run.task.spec.id;
  const begun = planned && (existsSync(stepFiles(spec.dir).pid) || (await sessions.list()).includes(session));
  const running = begun ? await sessions.adopt(session, spec) : await sessions.start(session, spec);
  // Whatever ended while nobody watched has not missed a deadline since.
  if (existsSync(stepFiles(spec.dir).exit)) await running.ended;
  run.log.info({ step: record.name, wrapper: running.pid, adopted: begun }, "step runs");
  return running;
}

async function followStep(
  shared: Shared,
  run: Run,
  ground: Ground,
  { record, spec, running }: { record: StepRecord; spec: StepSpec; running: RunningStep },
): Promise<StepResult> {
  const isAgent = record.kind === "agent";
  const progress = makeProgressTeller(shared, run);
  // An earlier life of the host was stopping it: how it ends says nothing any more.
  if (record.missed) await running.stop(STOP_GRACE_MS);
  try {
    const result = await runStep({
      step: record,
      dir: spec.dir,
      transcript: spec.transcript,
      adapter: adapterFor(isAgent ? ground.agent.kind : "plain"),
      limits: shared.operator.limits,
      runStartedAt: run.folder.record.startedAt,
      running,
      interrupted: run.interrupted,
      secrets: printedForms(secretsOf(ground.agent, shared.env)),
      onEvent: (event) => {
        if (isAgent) run.spoken.hear(event);
        progress.changed();
      },
      onMissed: (missed) => {
        record.missed = missed;
        run.folder.save();
      },
    });
    return record.missed ? { kind: "missed", missed: record.missed } : result;
  } finally {
    await progress.close();
  }
}
