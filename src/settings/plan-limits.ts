/**
 * How large a team's plan may be and how often its agents may try: `team.limits` of the operator's file, and of a repository's, which may only
 * narrow it. What its runs may use is a budget's to say (`budget.plan`).
 */
import { z } from "zod";

/** Nobody may set more. */
export const MOST_OF_PLAN = { width: 8, nodes: 40, depth: 3, runsPerNode: 8, managerRuns: 20 } as const;

const upTo = (least: number, most: number, meaning: string) =>
  z.int().min(least).max(most).optional().describe(`${meaning}.`);

export const planLimitsSchema = z.strictObject({
  width: upTo(1, MOST_OF_PLAN.width, "Nodes of one plan at the same time; default 3"),
  nodes: upTo(1, MOST_OF_PLAN.nodes, "Nodes of one plan; default 12"),
  depth: upTo(0, MOST_OF_PLAN.depth, "How deep nodes may ask for further nodes, one below another; default 2"),
  runsPerNode: upTo(1, MOST_OF_PLAN.runsPerNode, "Tries at one node that say something about its work; default 4"),
  managerRuns: upTo(0, MOST_OF_PLAN.managerRuns, "Times that the manager of one plan is called; default 10"),
});

export type PlanLimits = { [Name in keyof z.output<typeof planLimitsSchema>]?: number | undefined };
