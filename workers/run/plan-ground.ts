/** What a planner on this host may make a plan of: the roles that there are, and how large it may be. */
import { PLAN_CAPS } from "../../src/task/plan.ts";
import type { PlanGround } from "../agents/prompt-team.ts";
import type { Shared } from "./run.ts";

/** Those lead a team, and work on no node. */
export const LEADING_ROLES: readonly string[] = ["planner", "manager"];

export function planGround(_: Pick<Shared, "operator">): PlanGround {
  const { nodes, width } = PLAN_CAPS;
  return { roles: ROLES, nodes, width };
}

const ROLES = ["developer", "backend", "frontend", "reviewer", "tester"].map((name) => ({ name, does: name }));
