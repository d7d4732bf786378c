/** A plan's record, made of the proposal that was approved. Pure. */
import { type Choice, type Plan, type PlanNode, withEvent } from "./plan.ts";
import { PLAN_CAPS, type PlanCaps } from "./plan-caps.ts";
import type { NodeSpec } from "./plan-proposal.ts";
import { approvedPlan } from "./proposal.ts";
import type { Task } from "./task.ts";

/** So long nodes are worked on at most, ms. */
const PLAN_MS = 7 * 24 * 3600_000;

/** What the operator, and the repository, let a role be given to, first choice first; undefined of one that is not known. */
export type ChoicesOf = (role: string) => Choice[] | undefined;

export type Making = { choicesOf?: ChoicesOf; caps?: PlanCaps; at: number };

/** Undefined of a task that has none to go by. */
export function planOf(task: Task, { choicesOf, caps = PLAN_CAPS, at }: Making): Plan | undefined {
  const { spec, proposal, runs } = task;
  const approved = approvedPlan(task);
  if (!approved || proposal?.decision?.kind !== "approved") return undefined;
  const home = runs.at(-1)?.host;
  const plan: Plan = {
    id: spec.id,
    goal: approved.goal,
    revision: 1,
    state: "running",
    ...(home !== undefined && { home }),
    base: proposal.baseSha,
    repository: spec.repository.id,
    at,
    until: at + PLAN_MS,
    caps,
    approved: {
      nodes: approved.nodes.length,
      ...(proposal.decision.because === "small" && spec.autoApproval && { within: spec.autoApproval }),
    },
    nodes: approved.nodes.map((node) => newNode(node, choicesOf)),
    managerRuns: 0,
    wakes: [],
    revisions: [],
    events: [],
    version: 0,
  };
  const { by } = proposal.decision;
  return withEvent(plan, { at, what: "approved", ...(by && { text: by.login }) });
}

export function newNode(node: NodeSpec, choicesOf: ChoicesOf | undefined): PlanNode {
  const choices = choicesOf?.(node.role);
  return { ...node, state: { name: "waiting" }, tries: [], ...(choices && { choices }) };
}
