/**
 * The runs of a team's own task: its agent proposes a plan, or says that one agent is enough; once a plan is approved it is called again when
 * that has to change. It never changes a file, as its sandbox shows the repository read-only, unless one agent is enough: then it does it all.
 */
import { needsNobody } from "../../src/task/auto-approval.ts";
import { FINISH_LIMITS, type Finish } from "../../src/task/finish.ts";
import { openAsked, type Plan } from "../../src/task/plan.ts";
import type { NodeSpec } from "../../src/task/plan-proposal.ts";
import { MAX_NAMED_FILES, type Proposal, proposalName } from "../../src/task/proposal.ts";
import type { Task } from "../../src/task/task.ts";
import { teamStage } from "../../src/task/team-stage.ts";
import type { ApprovalReason, TeamReason } from "../../src/task/waiting.ts";
import { keepStart, oneLine } from "../../src/text/bound.ts";
import { managerInstructions } from "../agents/prompt-manager.ts";
import type { AfterTurn } from "./after-turn.ts";
import type { Ground } from "./ground.ts";
import type { Park } from "./park.ts";
import type { Run, Shared } from "./run.ts";
import type { RunRecord } from "./run-record.ts";
import { mayBeUnheard, YOUR_HOST_WAS_AWAY } from "./unheard.ts";
import { untilRedisAnswers } from "./until-redis-answers.ts";
import type { Worked } from "./work.ts";

const DAY_MS = 24 * 3600_000;

/** What a run's folder remembers of it: what its agent is there for, and what it has handed in. */
export type TeamRecord = NonNullable<RunRecord["team"]>;

/** Undefined of a task that is no team's. What was handed in before a person wanted something else counts no more. */
export function teamRecordOf(task: Pick<Task, "spec" | "proposal">): TeamRecord | undefined {
  const stage = teamStage(task);
  return stage && { stage };
}

/** After its turn. Undefined of a task that is no team's, and of one that a single agent does. */
export async function nextForTeam(shared: Shared, run: Run, ground: Ground): Promise<AfterTurn | undefined> {
  switch (run.folder.record.team?.stage) {
    case "planning":
      return afterPlanning(shared, run, ground);
    case "managing":
      return afterManaging(shared, run);
    default:
      return undefined;
  }
}

const REMINDER = `You have handed in no plan, and what you say is not read as one. Call the tool \`plan\` (or \`orch-agent call plan JSON\`): with the plan, or
with {"oneAgent": "why one agent is enough"}. Then end.
`;
const NONE_HANDED_IN = "The planner handed in no plan.";

function afterPlanning(shared: Shared, run: Run, ground: Ground): AfterTurn {
  const { record } = run.folder;
  const handedIn = record.team ?? { stage: "planning" as const };
  const isReminded = handedIn.reminded && !mayBeUnheard(run);
  if (!handedIn.plan && handedIn.alone === undefined && !isReminded) {
    record.team = { ...handedIn, reminded: true }; // saved with what comes after the turn
    return { kind: "again", prompt: REMINDER };
  }
  const proposal = proposalOf(run, ground, handedIn);
  const until = proposal.at + shared.operator.limits.approvalDays * DAY_MS;
  const reason: ApprovalReason = { for: "approval", proposal: proposal.name, until };
  const lookAt = proposal.decision && { lookAt: proposal.at };
  return { kind: "park", reasons: [reason], goOnWith: "approval", proposal, ...lookAt };
}

/** What needs no person's word has it already. */
function proposalOf({ task, folder }: Run, { prepared: { baseSha } }: Ground, handedIn: TeamRecord): Proposal {
  const { plan, alone = plan ? undefined : NONE_HANDED_IN } = handedIn;
  const at = Date.now();
  const content = plan ? { said: saidOf(plan.goal), plan } : { said: saidOf(alone ?? ""), alone: alone ?? "" };
  const isSmall = plan !== undefined && needsNobody(plan, task.spec.autoApproval);
  const because = plan ? (isSmall ? ("small" as const) : undefined) : ("alone" as const);
  return {
    name: proposalName(task.spec.id, { baseSha, ...content }),
    ...{ epoch: folder.record.epoch, baseSha, at, ...content },
    files: plan ? filesOf(plan.nodes) : [],
    ...(because && { decision: { kind: "approved", because, at } }),
  };
}

const saidOf = (text: string): Finish => ({
  title: oneLine(text, FINISH_LIMITS.title),
  summary: keepStart(text, FINISH_LIMITS.summary),
  ...{ decisions: [], interfaces: [], followUps: [] },
});

/** The files and folders that the scopes name, up to what may be anything. */
function filesOf(nodes: readonly Pick<NodeSpec, "scope">[]): string[] {
  const fixed = nodes.flatMap(({ scope }) => scope).map(fixedPartOf);
  return [...new Set(fixed.filter((path) => path !== "" && path !== "/"))].slice(0, MAX_NAMED_FILES);
}

function fixedPartOf(glob: string): string {
  const free = glob.search(/[*?[\]{}!]/);
  return free === -1 ? glob : glob.slice(0, glob.lastIndexOf("/", free) + 1);
}

/** What it decided may not have been heard: the nodes that wait for that are given up otherwise. */
async function afterManaging(shared: Shared, run: Run): Promise<AfterTurn> {
  const plan = await untilRedisAnswers(run, () => shared.store.plans.read(run.task.spec.id));
  const isAsked = plan !== undefined && openAsked(plan) !== undefined;
  if (mayBeUnheard(run) && plan?.managed && plan.revision === plan.managed.revision && !isAsked)
    return { kind: "again", prompt: YOUR_HOST_WAS_AWAY };
  return { kind: "park", ...waitFor(plan) };
}

async function waitForTeam(shared: Shared, run: Run): Promise<Park> {
  return waitFor(await untilRedisAnswers(run, () => shared.store.plans.read(run.task.spec.id)));
}

function waitFor(plan: Plan | undefined): Park {
  const now = Date.now();
  const reason: TeamReason = { for: "team", until: plan?.until ?? now + DAY_MS };
  return { reasons: [reason], goOnWith: "team", lookAt: now };
}

/** A manager that fails is no end of its team, which goes on without: undefined of any other run. */
export async function parkManager(shared: Shared, run: Run, { verdict, missed }: Ended): Promise<Park | undefined> {
  if (run.folder.record.team?.stage !== "managing" || (verdict.ok && !missed)) return undefined;
  run.log.warn({ verdict, missed }, "the manager of a team ended badly: the team goes on without");
  return await waitForTeam(shared, run);
}

type Ended = Pick<Worked, "verdict" | "missed">;

/** Before a manager's turn: it is told how the plan stands and what has happened, in the turn that is to come or in the first prompt. */
export async function briefManager(shared: Shared, run: Run): Promise<void> {
  const { record, save } = run.folder;
  if (record.team?.stage !== "managing" || record.steps.some(({ name }) => name === record.goesOn)) return;
  const plan = await untilRedisAnswers(run, () => shared.store.plans.read(run.task.spec.id));
  if (!plan) return;
  const text = managerInstructions(plan);
  record.plan = { readOnly: true, text };
  if (record.goesOn !== undefined) {
    record.goOnText = text;
    const before = record.steps.findLast(({ kind }) => kind === "agent");
    if (before) before.after = { kind: "again", prompt: text };
  }
  save();
}
