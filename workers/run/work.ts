/**
 * The agent's rounds: it works, leftovers are committed, the repository's verify command judges; a failure is handed
 * back to it, a limited number of times. The plan is read off the steps on disk, so that a restarted host takes up the
 * same step: a program that lives is adopted, one that has ended is read again.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Progress, Stopped, Verification } from "../../src/task/task.ts";
import { keepEnd } from "../../src/text/bound.ts";
import { commandLine } from "../../src/text/shell-words.ts";
import type { Verdict } from "../agents/adapter.ts";
import { modelOutOfReach } from "../network/make-policy.ts";
import { CollectFailed } from "../publish/collect-failed.ts";
import type { Objection } from "../publish/objection.ts";
import { showTip } from "../publish/show-tip.ts";
import { whileTakingCheckpoints } from "./checkpoint.ts";
import { duringDeed } from "./deed.ts";
import type { Ground } from "./ground.ts";
import { startOf } from "./hand-over.ts";
import type { HandBack } from "./prompts.ts";
import type { Collected } from "./publish-work.ts";
import { type Run, type Shared, tell, throwIfInterrupted } from "./run.ts";
import { confinementOf } from "./step/confinement.ts";
import type { Missed } from "./step/deadlines.ts";
import { startAgain } from "./step/lost-step.ts";
import { performStep } from "./step/perform-step.ts";
import type { StepResult } from "./step/run-step.ts";
import { kindOf, type StepName } from "./step/step-name.ts";
import { networkUse, policyOf } from "./step/step-outlet.ts";
import { isOfferedWhenStopped, stoppedBy } from "./stopped.ts";
import { takeOnce } from "./take-work.ts";

/**
 * What the rounds came to. `collected`: the commits that were verified, which are the ones to publish. `objections`: why they
 * cannot be published; `told`: how often the agent was told so.
 */
export type Worked = {
  verdict: Verdict;
  exitCode?: number;
  verification?: Verification;
  missed?: Missed;
  /** It was stopped, and what it had done by then passes the check. */
  stopped?: Stopped;
  collected: Collected;
  objections?: readonly Objection[];
  told?: number;
};

const OUTPUT_TAIL_CHARACTERS = 4_000;

export async function work(shared: Shared, run: Run, ground: Ground): Promise<Worked> {
  const { verify, resumed } = ground.prepared;
  if (resumed) run.spoken.resume(resumed);
  let handBack: HandBack | undefined;
  const told: Objection[] = [];
  const { verifyRounds } = shared.operator.limits;
  for (let [round, checks, times] = [1, 0, 0]; ; round++) {
    await enterPhase(shared, run, `agent-${round}`, whoWorks(shared, run, ground));
    const agent = await whileTakingCheckpoints(shared, run, ground, () =>
      performStep(shared, run, ground, `agent-${round}`, handBack),
    );
    const ended = blamingTheNetwork(shared, run, ground, afterAgent(agent));
    if (!ended.verdict.ok) return await checkStopped(shared, run, ground, { ended, round, told });
    const last = round > verifyRounds;
    const { collected, objections } = await takeOnce(shared, run, ground, { name: `agent-${round}`, told, last });
    if (objections.length > 0) {
      if (last || objections.some(({ remedy }) => remedy === undefined))
        return { ...ended, collected, objections, told: times };
      told.push(...objections);
      times += 1;
      handBack = { round, objections };
      continue;
    }
    // There is nothing to judge in an agent's silence, and no sense in handing it back.
    if (!verify || collected.commits === 0) return { ...ended, collected };

    await enterPhase(shared, run, `verify-${round}`);
    const checked = await check(shared, run, ground, { name: `verify-${round}`, collected });
    if (checked === "cannot be shown")
      return unverifiable(ended, ground, "files that cannot be brought to the state of its commits");
    if (checked.kind === "missed") return { ...ended, collected, missed: checked.missed };
    checks += 1;
    const verification = verificationOf(checked, verify, checks);
    await tell(shared, run, {
      name: "progress",
      progress: { verification },
      at: Date.now(),
    });
    if (verification.exitCode === 0 || last) return { ...ended, collected, verification };
    handBack = { round, failed: verification };
  }
}

/** How an agent ended that did not come to its end; with what it had done by then, where that passes the check. */
async function checkStopped(
  shared: Shared,
  run: Run,
  ground: Ground,
  { ended, round, told }: { ended: Omit<Worked, "collected">; round: number; told: readonly Objection[] },
): Promise<Worked> {
  const { verify, baseSha } = ground.prepared;
  const nothing: Worked = { ...ended, collected: { tip: baseSha, commits: 0 } };
  const stopped = stoppedBy(ended);
  if (!stopped || !verify || !isOfferedWhenStopped(shared.operator, ground.prepared)) return nothing;
  const collected = await takeIfPossible(shared, run, ground, { name: `agent-${round}`, told });
  if (!collected || collected.commits === 0) return nothing;
  await enterPhase(shared, run, `verify-${round}`);
  const checked = await check(shared, run, ground, { name: `verify-${round}`, collected });
  if (checked === "cannot be shown" || checked.kind === "missed") return nothing;
  const verification = verificationOf(checked, verify, round);
  await tell(shared, run, { name: "progress", progress: { verification }, at: Date.now() });
  return verification.exitCode === 0 ? { ...ended, collected, verification, stopped } : nothing;
}

/** Undefined when an agent that was stopped in the middle of something left nothing that may be published. */
async function takeIfPossible(
  shared: Shared,
  run: Run,
  ground: Ground,
  { name, told }: { name: string; told: readonly Objection[] },
): Promise<Collected | undefined> {
  try {
    const { collected, objections } = await takeOnce(shared, run, ground, { name, told, last: true });
    return objections.length === 0 ? collected : undefined;
  } catch (error) {
    if (!(error instanceof CollectFailed)) throw error;
    run.log.warn({ detail: error.detail }, "the commits of an agent that was stopped cannot be taken");
    return undefined;
  }
}

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

/** On the files as they were collected. A check that is killed from outside is none: once more from the start, then no more. */
async function check(
  shared: Shared,
  run: Run,
  ground: Ground,
  { name, collected }: { name: `verify-${number}`; collected: Collected },
): Promise<StepResult | "cannot be shown"> {
  for (;;) {
    // One that was begun has seen them, and changes them itself.
    const begun = existsSync(join(run.folder.dir, name));
    if (!begun && !(await showCollected(shared, run, ground, collected))) return "cannot be shown";
    const checked = await performStep(shared, run, ground, name);
    if (checked.kind !== "lost") return checked;
    run.log.warn({ step: name }, "the check was killed from outside");
    if (!startAgain(run.folder, name)) throw new Error("The check was killed from outside twice, so it says nothing.");
  }
}

async function showCollected(shared: Shared, run: Run, ground: Ground, { tip }: Collected): Promise<boolean> {
  const { workspace, mirror } = ground;
  const confinement = confinementOf(run, ground);
  return duringDeed(run.folder, "show the commits", () =>
    showTip({ tip, workspace, mirror, driver: shared.driver, confinement, signal: run.signal }),
  );
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
  return { agent: agent.name, model: agent.model, sandbox: shared.driver.name, start, ...(network && { network }) };
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
    case "interrupted":
      throw result.interruption;
    case "lost":
    case "missed":
      throw new Error(`"${result.kind}" has been answered before`);
  }
}
