/**
 * What a round of a node's agent came to is taken into the plan, or comes back to the agent: it does not fit what others have done, or
 * the two fail together. Decided once for each round and noted down with its step; a merge notes itself down.
 */
import { join } from "node:path";
import { nodeOf } from "../../../src/task/plan.ts";
import type { Verification } from "../../../src/task/progress.ts";
import { oneLine } from "../../../src/text/bound.ts";
import { integrate, type MergeCheck } from "../../integrate/integration.ts";
import { checkOfCommit, keepCheck } from "../../integrate/kept-checks.ts";
import { named, type Objection } from "../../publish/objection.ts";
import { checkAlone } from "../check.ts";
import { forgetSteps, stepsOf, type Work } from "../check-place.ts";
import { type Collected, collectedDir } from "../collected.ts";
import type { Ground } from "../ground.ts";
import { untilLeaseIsHeld } from "../publish-work.ts";
import { type Run, type Shared, tell } from "../run.ts";
import type { Missed } from "../step/deadlines.ts";
import type { StepRecord } from "../step/step-record.ts";
import { excused } from "./excuse.ts";
import { type MergedOutcome, mergedAs } from "./merged-already.ts";
import { nodeOfRun, planRepositoryOf, readPlan } from "./plan-of-node.ts";

/** What comes back to the agent; kept with the step of its round. */
export type GivenBack = NonNullable<StepRecord["givenBack"]>;

export type RoundResult =
  | { kind: "merged"; outcome: MergedOutcome; verification?: Verification | undefined }
  | { kind: "missed"; missed: Missed }
  | ({ kind: "given back" } & GivenBack);

export type Delivered = { round: number; collected: Collected; verification?: Verification | undefined };

export async function integrateRound(
  shared: Shared,
  run: Run,
  ground: Ground,
  delivered: Delivered,
): Promise<RoundResult> {
  const { round, collected, verification } = delivered;
  const step = stepOf(run, round);
  if (step.givenBack) return { kind: "given back", ...step.givenBack };
  const plan = planRepositoryOf(shared, run);
  const { dataDir } = shared;
  const { id: node, plan: planId } = nodeOfRun(run);
  const title = nodeOf(await readPlan(shared, run, planId), node)?.title ?? node;
  await untilLeaseIsHeld(run, run.signal);
  const answer = await integrate(
    { dataDir, plan },
    {
      delivery: {
        ...{ node, started: ground.prepared.baseSha, tip: collected.tip, objects: join(collectedDir(run), "objects") },
        text: commitText(title, run.folder.record.finish?.summary),
        authorship: { taskId: run.task.spec.id, epoch: run.folder.record.epoch, subject: title },
      },
      verification,
      check: (commit, objects) => checkMerged(shared, run, ground, { round, commit, objects }),
      note: (commit, from, said) => noteCheck(shared, run, ground, { commit, from, said }),
      mayMove: () => untilLeaseIsHeld(run, run.signal),
      signal: run.signal,
    },
  );
  switch (answer.kind) {
    case "merged": {
      const outcome = await mergedAs(run, plan, answer);
      run.log.info({ node, sha: answer.sha }, "the node's work is merged into its plan");
      return { kind: "merged", outcome, verification: answer.verification };
    }
    case "conflict":
      return giveBack(run, step, { conflict: conflictOf(answer), tip: answer.tip });
    case "failed":
      return giveBack(run, step, { failed: answer.verification, tip: answer.tip });
    case "missed":
      return answer;
  }
}

function stepOf({ folder }: Run, round: number): StepRecord {
  const step = folder.record.steps.find(({ name }) => name === `agent-${round}`);
  if (!step) throw new Error(`the run has no step agent-${round}`);
  return step;
}

function giveBack(run: Run, step: StepRecord, givenBack: GivenBack): RoundResult {
  step.givenBack = givenBack;
  run.folder.save();
  return { kind: "given back", ...givenBack };
}

const commitText = (title: string, summary: string | undefined): string =>
  summary === undefined || summary.trim() === "" ? title : `${title}\n\n${summary}`;

/** In the workspace of the run's checks. For the run that leads, whoever's work is merged. */
async function checkMerged(
  shared: Shared,
  run: Run,
  ground: Ground,
  { round, commit, objects }: { round: number; commit: string; objects: string },
): Promise<MergeCheck> {
  const { verify: command } = ground.prepared;
  if (!command) return { kind: "passed" };
  const work: Work = { round, collected: { tip: commit, commits: 1 }, tree: "merged", objects };
  const step = stepOf(run, round);
  if (step.merging !== commit) {
    const { setup, verify } = stepsOf(work);
    forgetSteps(run.folder, [setup, verify]);
    step.merging = commit;
    run.folder.save();
  }
  await tell(shared, run, { name: "phase", phase: "verifying", at: Date.now() });
  const checked = await checkAlone(shared, run, ground, work);
  if (checked.kind === "missed") return checked;
  const verification = await excused(shared, run, ground, { round, verification: checked.verification });
  if (verification.exitCode !== 0 && !verification.redBefore) return { kind: "failed", verification };
  return { kind: "passed", verification };
}

type Noted = { commit: string; from: string; said: Verification | undefined };

/** For whoever publishes the plan, should this be the last that is merged. */
function noteCheck({ dataDir }: Shared, run: Run, { prepared }: Ground, { commit, from, said }: Noted): void {
  const { plan } = nodeOfRun(run);
  const verification = said ?? checkOfCommit({ dataDir, plan, sha: from });
  if (verification && prepared.verify)
    keepCheck({ dataDir, plan, sha: commit, command: prepared.verify }, verification);
}

/** In git's own words where the names alone do not say it, as when somebody else renamed the folder of a new file. */
function conflictOf({ tip, paths, how }: { tip: string; paths: readonly string[]; how: readonly string[] }): Objection {
  const files = paths.length > 0 ? named(paths) : "some files";
  const words = how.filter((each) => !/\(content\)/.test(each)).map((each) => oneLine(each, 200));
  return {
    as: "conflict",
    reason: `Its work conflicts with what others of its team have done, in ${files}.`,
    remedy: `Others of your team were merged meanwhile, and your work conflicts with theirs in ${files}. Run \`git merge ${tip}\` (the commit is in your repository), resolve each conflict so that both sides still do what they are for, and commit the merge. Do not take their changes back.${words.length > 0 ? ` git says: ${words.slice(0, 3).join(" ")}` : ""}`,
  };
}
