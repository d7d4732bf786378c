/**
 * The `team` section of `.github/orch.yml`: which of a team's plans need no person's approval, and how large any of them may be. Without it,
 * every plan needs it. For those that do not, both bounds have to be named: a plan is judged by how many nodes it has, and by what these
 * may use together.
 */
import { z } from "zod";
import type { Amounts } from "../text/budget.ts";
import { amounts } from "./budgets.ts";
import { MOST_OF_PLAN, planLimitsSchema } from "./plan-limits.ts";

/** Of a plan that needs nobody: at most so many nodes, which together may use at most so much. */
export type SmallPlan = { nodes: number; budget: Amounts };

export const teamSchema = z
  .strictObject({
    approval: z
      .enum(["person", "auto"])
      .default("person")
      .describe("auto: a plan within nodes and budget is carried out without a person's word. person: none is."),
    nodes: z.int().min(1).max(MOST_OF_PLAN.nodes).optional().describe("For auto: the most nodes that such a plan has."),
    budget: amounts
      .optional()
      .describe(
        "For auto: the most that the nodes of such a plan may use together, as the plan itself says: $5, 500k.",
      ),
    limits: planLimitsSchema
      .optional()
      .describe("How large its plans may be, and how often they try, where that is less than the operator lets them."),
  })
  .refine(({ approval, nodes, budget }) => approval === "person" || (nodes !== undefined && budget !== undefined), {
    path: ["approval"],
    error: "auto needs nodes and budget: add both, or remove approval",
  });

/** Undefined where a person approves every plan. */
export function autoApprovalOf({ approval, nodes, budget }: z.output<typeof teamSchema>): SmallPlan | undefined {
  return approval === "auto" && nodes !== undefined && budget !== undefined ? { nodes, budget } : undefined;
}
