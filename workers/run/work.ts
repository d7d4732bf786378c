/**
 * The agent's rounds: it works, leftovers are committed, the repository's verify command judges; a failure is handed
 * back to it, a limited number of times. The plan is read off the steps on disk, so that a restarted host takes up the
 * same step: a program that lives is adopted, one that has ended is read again.
 */
import { closeSync, existsSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Verification } from "../../src/task/task.ts";
import type { Verdict } from "../agents/adapter.ts";
import { adapterFor } from "../agents/adapters.ts";
import { renderPrompt } from "../agents/prompt.ts";
import { secretsOf } from "../agents/secrets.ts";
import { keepEnd } from "../agents/visible-text.ts";
import { commitLeftovers } from "../publish/commit-leftovers.ts";
import { commandLine } from "../repository-file.ts";
import { stepFiles } from "../tmux/step-files.ts";
import { confinementOf, stepEnvironment } from "./confinement.ts";
import type { Missed } from "./deadlines.ts";
import { basicsOf, type Ground, homeOf } from "./prepare.ts";
import { makeProgressTeller } from "./progress-teller.ts";
import { type Collected, collectWork } from "./publish-work.ts";
import { type Run, type Shared, tell, throwIfInterrupted } from "./run.ts";
import type { StepRecord } from "./run-record.ts";
import { runStep, type StepResult } from "./run-step.ts";

/** What the rounds came to. `collected`: the commits that were verified, which are the ones to publish. */
export type Worked = {
  verdict: Verdict;
  exitCode?: number;
  verification?: Verification;
  missed?: Missed;
  collected: Collected;
};

const OUTPUT_TAIL_CHARACTERS = 6_000;

export async function work(shared: Shared, run: Run, ground: Ground): Promise<Worked> {
  const { verify } = ground.prepared;
  let handBack: Verification | undefined;
  for (let round = 1; ; round++) {
    await enterPhase(shared, run, "working");
    const agent = await step(shared, run, ground, `agent-${round}`, handBack);
    const ended = afterAgent(agent);
    if (!ended.verdict.ok) return { ...ended, collected: { tip: ground.prepared.baseSha, commits: 0 } };
    // After a restart the rounds are read again from the first; only the last one may still have something to commit.
    if (isLastStep(run, `agent-${round}`) && !(await commitRest(shared, run, ground)) && verify)
      return unverifiable(ended, ground);
    const collected = await collectWork(shared, run, ground);
    // There is nothing to judge in an agent's silence, and no sense in handing it back.
    if (!verify || collected.commits === 0) return { ...ended, collected };

    await enterPhase(shared, run, "verifying");
    const checked = await step(shared, run, ground, `verify-${round}`, undefined);
    if (checked.kind === "missed") return { ...ended, collected, missed: checked.missed };
    const verification = verificationOf(checked, verify, round);
    await tell(shared, run, {
      name: "progress",
      progress: { verification },
      at: Date.now(),
    });
    if (verification.exitCode === 0 || round > shared.operator.limits.verifyRounds)
      return { ...ended, collected, verification };
    handBack = verification;
  }
}

/** What is checked is the folder, what is published are the commits: they must be the same. */
function unverifiable(ended: Omit<Worked, "collected">, ground: Ground): Worked {
  const message = "The agent left changes that cannot be committed, so what is checked would not be what is published.";
  const nothing = { tip: ground.prepared.baseSha, commits: 0 };
  return { ...ended, verdict: { ok: false, reason: "crash", message }, collected: nothing };
}

/** False when what the agent left uncommitted cannot be committed; its own commits stand. */
async function commitRest(shared: Shared, run: Run, ground: Ground): Promise<boolean> {
  const { workspace } = ground;
  const confinement = confinementOf(run, ground);
  const done = await commitLeftovers({ workspace, driver: shared.driver, confinement, signal: run.signal });
  if (done === "failed") run.log.warn("what the agent left uncommitted could not be committed; its own commits count");
  return done !== "failed";
}

function isLastStep(run: Run, name: string): boolean {
  return run.folder.record.steps.at(-1)?.name === name;
}

async function enterPhase(shared: Shared, run: Run, phase: "working" | "verifying"): Promise<void> {
  throwIfInterrupted(run);
  await tell(shared, run, { name: "phase", phase, at: Date.now() });
}

function afterAgent(result: StepResult): Omit<Worked, "collected"> {
  switch (result.kind) {
    case "ended":
      return { verdict: result.verdict, exitCode: result.exitCode };
    case "missed":
      return { verdict: { ok: false, reason: "interrupted", message: "A deadline passed." }, missed: result.missed };
    case "flooded":
      return {
        verdict: { ok: false, reason: "crash", message: "The agent wrote more than 200 MB of output and was stopped." },
      };
    case "lost":
      return {
        verdict: {
          ok: false,
          reason: "crash",
          message: "The agent's process disappeared without an exit code: it was killed from outside.",
        },
      };
    case "interrupted":
      throw result.interruption;
  }
}

function verificationOf(result: StepResult, command: readonly string[], rounds: number): Verification {
  const base = { command: commandLine(command), rounds };
  switch (result.kind) {
    case "ended":
      return { ...base, exitCode: result.exitCode, outputTail: keepEnd(result.outputTail, OUTPUT_TAIL_CHARACTERS) };
    case "flooded":
      return { ...base, exitCode: 137, outputTail: "The command wrote more than 200 MB of output and was stopped." };
    case "lost":
      return { ...base, exitCode: 137, outputTail: "The command was killed from outside." };
    case "interrupted":
      throw result.interruption;
    case "missed":
      throw new Error("a missed deadline has been answered before");
  }
}

/** Runs, adopts or re-reads one step. */
async function step(
  shared: Shared,
  run: Run,
  ground: Ground,
  name: string,
  handBack: Verification | undefined,
): Promise<StepResult> {
  throwIfInterrupted(run);
  const known = run.folder.record.steps.find((record) => record.name === name);
  const dir = join(run.folder.dir, name);
  const record: StepRecord = known ?? {
    name,
    kind: name.startsWith("agent") ? "agent" : "verify",
    startedAt: Date.now(),
  };
  const isAgent = record.kind === "agent";
  const adapter = adapterFor(isAgent ? ground.agent.kind : "plain");
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const stdinFile = isAgent ? promptFile(run, ground, dir, handBack) : undefined;
  const { command, env } = commandOf(shared, run, ground, isAgent, handBack !== undefined);
  const transcript = join(dir, "transcript.log");
  const spec = {
    dir,
    env,
    stdinFile,
    transcript,
    user: run.user,
    command: shared.driver.wrap(confinementOf(run, ground, env), command),
  };
  if (!known) {
    // Recorded before it starts: a crash in between finds a step without a process, never a process without a step.
    run.folder.record.steps.push(record);
    run.folder.save();
  }
  closeSync(openSync(transcript, "a", 0o600)); // the pane shows it from its first moment
  run.spoken.begin();
  const session = run.task.spec.id;
  const begun = known !== undefined && (await hasBegun(shared, session, dir));
  const running = begun ? await shared.sessions.adopt(session, spec) : await shared.sessions.start(session, spec);
  run.log.info({ step: name, wrapper: running.pid, adopted: begun }, "step runs");
  const progress = makeProgressTeller(shared, run);
  try {
    return await runStep({
      step: record,
      dir,
      transcript,
      adapter,
      limits: shared.operator.limits,
      runStartedAt: run.folder.record.startedAt,
      running,
      interrupted: run.interrupted,
      secrets: secretsOf(ground.agent, shared.env),
      onEvent: (event) => {
        if (isAgent) run.spoken.hear(event);
        progress.changed();
      },
      onOutput: (at) => {
        run.lastOutputAt = at;
      },
    });
  } finally {
    await progress.close();
  }
}

/** False for a step that was planned and never came to start: then it is simply started. */
async function hasBegun(shared: Shared, session: string, dir: string): Promise<boolean> {
  return existsSync(stepFiles(dir).pid) || (await shared.sessions.list()).includes(session);
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

function commandOf(
  shared: Shared,
  run: Run,
  ground: Ground,
  isAgent: boolean,
  resume: boolean,
): { command: string[]; env: Record<string, string> } {
  const { agent, prepared, workspace } = ground;
  if (!isAgent) return { command: [...(prepared.verify ?? [])], env: stepEnvironment(run, ground, {}) };
  const session = run.spoken.progress().sessionId;
  const launch = adapterFor(agent.kind).launch(agent, {
    homeDir: homeOf(workspace),
    sessionId: prepared.sessionId,
    resume: resume ? session : undefined,
    env: shared.env,
  });
  return { command: launch.command, env: stepEnvironment(run, ground, launch.env) };
}
