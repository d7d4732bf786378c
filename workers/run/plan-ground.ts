/** What a planner on this host may make a plan of: the roles that there are, and how large it may be. */
import { PLAN_CAPS } from "../../src/task/plan.ts";
import type { PlanGround } from "../agents/prompt-team.ts";
import type { Role } from "../roles/role.ts";
import type { Shared } from "./run.ts";

/** Those lead a team, and work on no node. */
export const LEADING: readonly string[] = ["planner", "manager"];

export function planGround({ operator }: Pick<Shared, "operator">): PlanGround {
  const { nodes, width } = PLAN_CAPS;
  const roles = [...operator.roles.values()].filter(({ name }) => !LEADING.includes(name));
  return { roles: roles.map(({ name, prompt, writes }) => ({ name, does: doing({ prompt, writes }) })), nodes, width };
}

/** The first sentence of what it is told, and what it may do. */
const doing = ({ prompt, writes }: Pick<Role, "prompt" | "writes">): string =>
  `${writes ? "" : "changes nothing; "}${/^.*?[.!?](?=\s|$)/s.exec(prompt)?.[0] ?? prompt}`;
