/** How large a plan may be, and how often its nodes and its manager may run: what the operator and the repository let it, whichever is less. Pure. */
import { z } from "zod";

export const planCapsShape = z.object({
  /** Nodes at the same time. */
  width: z.int().positive(),
  nodes: z.int().positive(),
  /** Delegations one below another. */
  depth: z.int().nonnegative(),
  runsPerNode: z.int().positive(),
  managerRuns: z.int().nonnegative(),
});
export type PlanCaps = z.output<typeof planCapsShape>;
/** What somebody says of some of them. */
export type PlanLimits = { [Name in keyof PlanCaps]?: number | undefined };

export const PLAN_CAPS: PlanCaps = { width: 3, nodes: 12, depth: 2, runsPerNode: 4, managerRuns: 10 };
/** Nobody may set more. */
export const MOST_PLAN_CAPS: PlanCaps = { width: 8, nodes: 40, depth: 3, runsPerNode: 8, managerRuns: 20 };

/** What nobody sets is as it is by default. A repository never gets more than its operator lets it have. */
export function capsOf(operator: PlanLimits = {}, repository: PlanLimits = {}): PlanCaps {
  const names = Object.keys(PLAN_CAPS) as (keyof PlanCaps)[];
  const all = names.map((name) => {
    const most = Math.min(operator[name] ?? PLAN_CAPS[name], MOST_PLAN_CAPS[name]);
    return [name, Math.min(most, repository[name] ?? most)];
  });
  return Object.fromEntries(all) as PlanCaps;
}
