/**
 * A task whose agent first proposes what it would do. Until a person has approved that, its sandbox shows the repository read-only: the
 * agent writes into its home and its folder for temporary files, and nothing that it does could be published.
 */
import { FINISH_LIMITS, type Finish } from "../../src/task/finish.ts";
import { filesNamedIn, mayChange, type Proposal, proposalName } from "../../src/task/proposal.ts";
import { readSummary } from "../../src/task/summary.ts";
import { progressOf, type Task } from "../../src/task/task.ts";
import { teamStage } from "../../src/task/team-stage.ts";
import type { ApprovalReason } from "../../src/task/waiting.ts";
import { keepStart, oneLine } from "../../src/text/bound.ts";
import { planInstructions } from "../agents/prompt-plan.ts";
import { type PlanGround, plannerInstructions } from "../agents/prompt-team.ts";
import type { AfterTurn } from "./after-turn.ts";
import type { Ground } from "./ground.ts";
import type { Run, Shared } from "./run.ts";
import type { RunRecord } from "./run-record.ts";
import { untilRedisAnswers } from "./until-redis-answers.ts";

const DAY_MS = 24 * 3600_000;

/** What a run's folder remembers of it: `readOnly` until it is approved; `text`: what the agent is told besides the rest. */
export type PlanRecord = NonNullable<RunRecord["plan"]>;

/** Undefined of a task that is simply to be done. */
export function planRecordOf(task: Pick<Task, "spec" | "proposal">, ground: PlanGround): PlanRecord | undefined {
  if (task.spec.team) return teamPart(task, ground);
  if (!task.spec.plan) return undefined;
  return { readOnly: !mayChange(task), text: planInstructions(task.proposal) };
}

/** A manager is told of the plan when its run has begun, and a single agent nothing. */
function teamPart(task: Pick<Task, "spec" | "proposal">, ground: PlanGround): PlanRecord | undefined {
  switch (teamStage(task)) {
    case "planning":
      return { readOnly: true, text: plannerInstructions(ground, task.proposal) };
    case "managing":
      return { readOnly: true, text: "" };
    default:
      return undefined;
  }
}

/** After its turn: its proposal waits for a person. Undefined when it proposes nothing, and of a run that may change things. */
export async function nextForPlan(shared: Shared, run: Run, ground: Ground): Promise<AfterTurn | undefined> {
  if (!run.folder.record.plan?.readOnly) return undefined;
  const task = await untilRedisAnswers(run, () => shared.store.read(run.task.spec.id));
  const said =
    run.folder.record.finish ??
    (task && progressOf(task).finish) ??
    finishOf(run.spoken.summary() ?? run.spoken.lastLines());
  if (!said) return undefined;
  const proposal = proposalOf(run, ground, said);
  const until = proposal.at + shared.operator.limits.approvalDays * DAY_MS;
  const reason: ApprovalReason = { for: "approval", proposal: proposal.name, until };
  return { kind: "park", reasons: [reason], goOnWith: "approval", proposal };
}

function proposalOf({ task, folder }: Run, { prepared: { baseSha } }: Ground, said: Finish): Proposal {
  const name = proposalName(task.spec.id, { baseSha, said });
  return { name, epoch: folder.record.epoch, baseSha, said, files: filesNamedIn(said), at: Date.now() };
}

/** Of what an agent says in place of handing it in. */
function finishOf(words: string): Finish | undefined {
  const { title, text } = readSummary(words);
  if (title === undefined && text.trim() === "") return undefined;
  return {
    title: oneLine(title ?? "What the agent would do", FINISH_LIMITS.title),
    summary: keepStart(text, FINISH_LIMITS.summary),
    ...{ decisions: [], interfaces: [], followUps: [] },
  };
}
