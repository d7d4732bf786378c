/** Which plans of a team are carried out without a person's word: those that are as small as the repository's file says. Pure. */
import { type Amounts, sumOf, UNITS } from "../text/budget.ts";
import type { PlanProposal } from "./plan-proposal.ts";

/** A plan with at most so many nodes, which together may use at most so much. */
export type AutoApproval = { nodes: number; budget: Amounts };

/** Never where a node does not say how much it may use of what is limited. */
export function needsNobody({ nodes }: PlanProposal, within: AutoApproval | undefined): boolean {
  if (!within || nodes.length > within.nodes) return false;
  const limited = UNITS.filter((unit) => within.budget[unit] !== undefined);
  if (nodes.some(({ budget = {} }) => limited.some((unit) => budget[unit] === undefined))) return false;
  const together = sumOf(nodes.flatMap(({ budget }) => budget ?? []));
  return limited.every((unit) => (together[unit] ?? 0) <= (within.budget[unit] ?? 0));
}
