/**
 * The agent's rounds: it works, leftovers are committed, the repository's verify command judges; a failure is handed
 * back to it, a limited number of times. The plan is read off the steps on disk, so that a restarted host takes up the
 * same step: a program that lives is adopted, one that has ended is read again.
 */

import type { OverLimit } from "../../src/task/in-force.ts";
import type { Stopped } from "../../src/task/outcome.ts";
import type { Progress, Verification } from "../../src/task/progress.ts";
import type { Verdict } from "../agents/adapter.ts";
import { CollectFailed } from "../publish/collect-failed.ts";
import { areDependencies } from "../publish/hidden-files.ts";
import type { Objection } from "../publish/objection.ts";
import { afterTurn } from "./after-turn.ts";
import { type Checked, check } from "./check.ts";
import { isKnown, stepsOf, type Work } from "./check-place.ts";
import { whileTakingCheckpoints } from "./checkpoint.ts";
import type { Collected } from "./collected.ts";
import { watchFailures } from "./futile.ts";
import type { Ground } from "./ground.ts";
import { afterBudget } from "./last-turn.ts";
import { bringMessages, lateMessages } from "./messages.ts";
import { excused } from "./node/excuse.ts";
import type { MergedOutcome } from "./node/merged-already.ts";
import { workOnNode } from "./node/node-rounds.ts";
import type { Park } from "./park.ts";
import { nextForPlan } from "./plan.ts";
import type { Asked } from "./prompts.ts";
import { type Run, type Shared, tell, throwIfInterrupted } from "./run.ts";
import type { Missed } from "./step/deadlines.ts";
import { performStep } from "./step/perform-step.ts";
import { kindOf, type StepName } from "./step/step-name.ts";
import { isOfferedWhenStopped, stoppedBy } from "./stopped.ts";
import { takeOnce } from "./take-work.ts";
import { endOfTurn, type TurnEnd } from "./turn-end.ts";
import { turnForUnheard } from "./unheard.ts";
import { isAllUsed } from "./watch-budget.ts";
import { whoWorks } from "./who-works.ts";

/**
 * What the rounds came to. `collected`: the commits that were verified, which are the ones to publish. `objections`: why they
 * cannot be published; `told`: how often the agent was told so.
 */
export type Worked = {
  verdict: Verdict;
  exitCode?: number;
  verification?: Verification;
  missed?: Missed;
  over?: OverLimit;
  /** It was stopped, and what it had done by then passes the check. */
  stopped?: Stopped;
  collected: Collected;
  objections?: readonly Objection[];
  told?: number;
  /** Nothing was judged: the run is to be parked. */
  parks?: Park;
  /** It worked on a node, and its work is part of the plan; or why that cannot be. */
  merged?: MergedOutcome;
  failedAs?: { reason: string; message: string };
};

/** Where the rounds stand. `asked`: what the next one begins with. `checks`, `times`: of the work, and of telling what is in its way. */
export type Rounds = { round: number; checks: number; times: number; asked: Asked | undefined };

export async function work(shared: Shared, run: Run, ground: Ground): Promise<Worked> {
  const { resumed } = ground.prepared;
  if (resumed) run.spoken.resume(resumed);
  const rounds: Rounds = { round: 1, checks: 0, times: 0, asked: undefined };
  const inRounds = () => workInRounds(shared, run, ground, rounds);
  const worked = run.task.spec.node
    ? await workOnNode(shared, run, ground, { rounds, work: inRounds })
    : await inRounds();
  const { verification } = worked;
  // It need not be the last one that was made.
  if (verification?.hidden) await tell(shared, run, { name: "progress", progress: { verification }, at: Date.now() });
  return worked;
}

async function workInRounds(shared: Shared, run: Run, ground: Ground, rounds: Rounds): Promise<Worked> {
  const { verify } = ground.prepared;
  const { verifyRounds } = shared.operator.limits;
  /** How often the work was handed back: of the agent's turns not every one is. */
  let handed = 0;
  /** What has passed with hidden files alone: it is offered whatever comes of asking the agent about them. */
  let offered: Worked | undefined;
  /** What had passed when something was said to the agent: judged once, should it stay as it is. */
  let passedBefore: Worked | undefined;
  const told: Objection[] = [];
  const isSameAgain = watchFailures();
  for (; ; rounds.round++) {
    const { round, asked } = rounds;
    await enterPhase(shared, run, `agent-${round}`, whoWorks(shared, run, ground));
    await bringMessages(shared, run, `agent-${round}`);
    const agent = await whileTakingCheckpoints(shared, run, ground, () =>
      performStep(shared, run, ground, `agent-${round}`, asked),
    );
    const ended = endOfTurn(shared, run, ground, agent);
    const budget = afterBudget(shared, run, round, { result: agent, verdict: ended.verdict });
    if (budget.kind === "last turn") {
      rounds.asked = budget;
      continue;
    }
    if (budget.kind === "over") {
      // It may have said what it would do: a person decides about that all the same.
      const proposed = await nextForPlan(shared, run, ground);
      if (proposed?.kind === "park")
        return { ...ended, verdict: { ok: true }, ...nothingDone(ground), parks: proposed };
      ended.verdict = budget.verdict;
    }
    if (!ended.verdict.ok) return offered ?? (await checkStopped(shared, run, ground, { ended, round, told }));
    const next = await afterTurn(shared, run, ground, `agent-${round}`);
    if (next.kind === "park") return { ...ended, ...nothingDone(ground), parks: next };
    rounds.asked = next.kind === "again" ? { prompt: next.prompt } : undefined;
    if (rounds.asked) continue;
    const last = handed >= verifyRounds || isAllUsed(shared, run, `agent-${round}`);
    const { collected, objections } = await takeOnce(shared, run, ground, { name: `agent-${round}`, told, last });
    if (objections.length > 0) {
      if (last || objections.some(({ remedy }) => remedy === undefined))
        return offered ?? { ...ended, collected, objections, told: rounds.times };
      told.push(...objections);
      rounds.times += 1;
      handed += 1;
      rounds.asked = { round: handed, objections };
      continue;
    }
    if (collected.commits === 0 && !offered && !last) {
      const prompt = turnForUnheard(run, `agent-${round}`);
      rounds.asked = prompt === undefined ? undefined : { prompt };
      if (rounds.asked) continue;
    }
    // There is nothing to judge in an agent's silence, and no sense in handing it back.
    if (!verify || collected.commits === 0) return offered ?? { ...ended, collected };
    const before = offered ?? passedBefore;
    if (before?.collected.tip === collected.tip) return before;

    rounds.checks += 1;
    const checked = await checkRound(shared, run, ground, { round, collected, checks: rounds.checks });
    if (checked.kind === "missed") return offered ?? { ...ended, collected, missed: checked.missed };
    const { verification } = checked;
    const judged = { ...ended, collected, verification };
    const passed = verification.exitCode === 0 || verification.redBefore === true;
    if (passed && (last || offered || !isWorthAsking(verification))) {
      const prompt = await lateMessages(shared, run, round);
      if (prompt === undefined) return judged;
      // What was said may take it back: only what the agent makes of that is published.
      [offered, passedBefore] = [undefined, judged];
      rounds.asked = { prompt };
      continue;
    }
    if (!last && !passed && isSameAgain(collected.tip, verification))
      return offered ?? { ...judged, verification: { ...verification, unchanged: true } };
    if (last) return offered ?? judged;
    if (passed) offered = judged;
    handed += 1;
    rounds.asked = { round: handed, failed: verification };
  }
}

/** `checks`: how many there are by now; not every round of the agent comes to one. */
async function checkRound(
  shared: Shared,
  run: Run,
  ground: Ground,
  { checks, ...work }: Work & { checks: number },
): Promise<Checked> {
  const { setup, verify } = stepsOf(work);
  await enterPhase(shared, run, isKnown(run.folder, setup) ? setup : verify);
  const checked = await check(shared, run, ground, work);
  if (checked.kind === "missed") return checked;
  const counted = { ...checked.verification, rounds: checks };
  const verification = run.task.spec.node
    ? await excused(shared, run, ground, { round: work.round, verification: counted })
    : counted;
  await tell(shared, run, { name: "progress", progress: { verification }, at: Date.now() });
  return { kind: "judged", verification };
}

/** How an agent ended that did not come to its end; with what it had done by then, where that passes the check. */
async function checkStopped(
  shared: Shared,
  run: Run,
  ground: Ground,
  { ended, round, told }: { ended: TurnEnd; round: number; told: readonly Objection[] },
): Promise<Worked> {
  const { verify } = ground.prepared;
  const nothing: Worked = { ...ended, ...nothingDone(ground) };
  const stopped = stoppedBy(ended);
  // Of a node that is not done nothing is part of the plan: others would build on it.
  if (!stopped || !verify || run.task.spec.node || !isOfferedWhenStopped(shared.operator, ground.prepared))
    return nothing;
  const collected = await takeIfPossible(shared, run, ground, { name: `agent-${round}`, told });
  if (!collected || collected.commits === 0) return nothing;
  const checked = await checkRound(shared, run, ground, { round, collected, checks: round });
  if (checked.kind === "missed" || checked.verification.exitCode !== 0) return nothing;
  return { ...ended, collected, verification: checked.verification, stopped };
}

const nothingDone = ({ prepared }: Ground): Pick<Worked, "collected"> => ({
  collected: { tip: prepared.baseSha, commits: 0 },
});

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

/** It may have forgotten to add a file. Of dependencies it knows nothing that the repository does not say. */
const isWorthAsking = ({ hidden }: Verification): boolean => hidden !== undefined && !areDependencies(hidden);

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
