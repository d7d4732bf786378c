/**
 * The agent's rounds: it works, leftovers are committed, the repository's verify command judges; a failure is handed
 * back to it, a limited number of times. The plan is read off the steps on disk, so that a restarted host takes up the
 * same step: a program that lives is adopted, one that has ended is read again.
 */
import type { Progress, Verification } from "../../src/task/task.ts";
import type { Verdict } from "../agents/adapter.ts";
import { modelOutOfReach } from "../network/make-policy.ts";
import { commitLeftovers } from "../publish/commit-leftovers.ts";
import { areDependencies } from "../publish/hidden-files.ts";
import { check as checkWork } from "./check.ts";
import { isKnown, stepsOf } from "./check-place.ts";
import { whileTakingCheckpoints } from "./checkpoint.ts";
import type { Collected } from "./collected.ts";
import { duringDeed } from "./deed.ts";
import { endLeftovers } from "./end-leftovers.ts";
import type { Ground } from "./ground.ts";
import { startOf } from "./hand-over.ts";
import { collectWork, workSubject } from "./publish-work.ts";
import { type Run, type Shared, tell, throwIfInterrupted } from "./run.ts";
import { confinementOf } from "./step/confinement.ts";
import type { Missed } from "./step/deadlines.ts";
import { performStep } from "./step/perform-step.ts";
import type { StepResult } from "./step/run-step.ts";
import { kindOf, type StepName } from "./step/step-name.ts";
import { networkUse, policyOf } from "./step/step-outlet.ts";
import { worked } from "./step/worked.ts";

/** What the rounds came to. `collected`: the commits that were verified, which are the ones to publish. */
export type Worked = {
  verdict: Verdict;
  exitCode?: number;
  verification?: Verification;
  missed?: Missed;
  collected: Collected;
};

export async function work(shared: Shared, run: Run, ground: Ground): Promise<Worked> {
  const worked = await workInRounds(shared, run, ground);
  const { verification } = worked;
  // It need not be the last one that was made.
  if (verification?.hidden) await tell(shared, run, { name: "progress", progress: { verification }, at: Date.now() });
  return worked;
}

async function workInRounds(shared: Shared, run: Run, ground: Ground): Promise<Worked> {
  const { verify, resumed } = ground.prepared;
  if (resumed) run.spoken.resume(resumed);
  let handBack: Verification | undefined;
  /** What has passed with hidden files alone: it is offered whatever comes of asking the agent about them. */
  let offered: Worked | undefined;
  for (let round = 1; ; round++) {
    await enterPhase(shared, run, `agent-${round}`, whoWorks(shared, run, ground));
    const agent = await whileTakingCheckpoints(shared, run, ground, () =>
      performStep(shared, run, ground, `agent-${round}`, handBack),
    );
    const ended = blamingTheNetwork(shared, run, ground, afterAgent(agent));
    if (!ended.verdict.ok) return offered ?? { ...ended, collected: { tip: ground.prepared.baseSha, commits: 0 } };
    // After a restart the rounds are read again from the first; only the last one may still have something to commit.
    if (isLastStep(run, `agent-${round}`) && !(await commitRest(shared, run, ground)) && verify)
      return offered ?? unverifiable(ended, ground, "changes that cannot be committed");
    const collected = await collectOnce(shared, run, ground, `agent-${round}`);
    // There is nothing to judge in an agent's silence, and no sense in handing it back.
    if (!verify || collected.commits === 0) return offered ?? { ...ended, collected };
    if (offered?.collected.tip === collected.tip) return offered;

    const { setup, verify: check } = stepsOf({ round });
    await enterPhase(shared, run, isKnown(run.folder, setup) ? setup : check);
    const checked = await checkWork(shared, run, ground, { round, collected });
    if (checked.kind === "missed") return offered ?? { ...ended, collected, missed: checked.missed };
    const { verification } = checked;
    await tell(shared, run, { name: "progress", progress: { verification }, at: Date.now() });
    const judged = { ...ended, collected, verification };
    const isLast = round > shared.operator.limits.verifyRounds;
    const passed = verification.exitCode === 0;
    if (passed && (isLast || offered || !isWorthAsking(verification))) return judged;
    if (isLast) return offered ?? judged;
    if (passed) offered = judged;
    handBack = verification;
  }
}

/** It may have forgotten to add a file. Of dependencies it knows nothing that the repository does not say. */
const isWorthAsking = ({ hidden }: Verification): boolean => hidden !== undefined && !areDependencies(hidden);

/**
 * A model that is out of reach shows as anything: refused credentials, a crash, silence. Where the host knows better, that
 * is the cause, and a deadline does not hide it.
 */
function blamingTheNetwork(
  { network, operator, env }: Shared,
  run: Run,
  { agent }: Ground,
  ended: Omit<Worked, "collected">,
): Omit<Worked, "collected"> {
  if (ended.verdict.ok || !network) return ended;
  const reason = modelOutOfReach({ operator, agent, env }, networkUse(run.folder)?.places);
  if (!reason) return ended;
  return { verdict: { ok: false, reason: "config", message: `The agent's model is out of its reach: ${reason}` } };
}

/** What is checked is the folder, what is published are the commits: they must be the same. */
function unverifiable(ended: Omit<Worked, "collected">, ground: Ground, left: string): Worked {
  const message = `The agent left ${left}, so what is checked would not be what is published.`;
  const nothing = { tip: ground.prepared.baseSha, commits: 0 };
  return { ...ended, verdict: { ok: false, reason: "crash", message }, collected: nothing };
}

/** False when what the agent left uncommitted cannot be committed; its own commits stand. */
async function commitRest(shared: Shared, run: Run, ground: Ground): Promise<boolean> {
  const { workspace } = ground;
  const confinement = confinementOf(run, ground);
  const done = await duringDeed(run.folder, "take the commits", () =>
    commitLeftovers({ workspace, driver: shared.driver, confinement, subject: workSubject(run), signal: run.signal }),
  );
  await endLeftovers(run);
  if (done === "failed") run.log.warn("what the agent left uncommitted could not be committed; its own commits count");
  return done !== "failed";
}

/**
 * The commits are taken when the agent has ended, and never again: the check and later rounds can move the branch, and
 * what is published is what was judged.
 */
async function collectOnce(shared: Shared, run: Run, ground: Ground, name: string): Promise<Collected> {
  const { folder } = run;
  const step = folder.record.steps.find((record) => record.name === name);
  if (!step) throw new Error(`the run has no step ${name}`);
  step.collected ??= await duringDeed(folder, "take the commits", () => collectWork(shared, run, ground));
  folder.save();
  return step.collected;
}

function isLastStep(run: Run, name: string): boolean {
  return run.folder.record.steps.at(-1)?.name === name;
}

/**
 * Told in one write: each is an fsync, and one while files are being written waits until the disk has them all. While the
 * record is in doubt no step begins, but one that has begun is followed, so that its deadlines hold.
 */
async function enterPhase(shared: Shared, run: Run, step: StepName, progress?: Progress): Promise<void> {
  throwIfInterrupted(run);
  const inDoubt = run.folder.record.steps.some(({ name }) => name === step) ? "skip" : "wait";
  const phase = kindOf(step) === "agent" ? "working" : "verifying";
  await tell(shared, run, { name: "phase", phase, ...(progress && { progress }), at: Date.now() }, { inDoubt });
}

/** Who works on the task, and how confined: after a restart the host may do that in another way. */
export function whoWorks(shared: Shared, run: Run, ground: Ground): Progress {
  const { agent } = ground;
  const policy = policyOf(shared, ground, { step: "agent", listed: ground.prepared.listed });
  const network = networkUse(run.folder) ?? (policy && { egress: policy.egress, blocked: 0, places: [] });
  const start = startOf(run, ground);
  const workedMs = worked(run.folder.record);
  return {
    agent: agent.name,
    model: agent.model,
    sandbox: shared.driver.name,
    start,
    workedMs,
    ...(network && { network }),
  };
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
