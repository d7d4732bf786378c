/** What a planner on this host may make a plan of: the roles that there are, and how large it may be. */
import { capsOf, type PlanCaps } from "../../src/task/plan-caps.ts";
import type { TaskSpec } from "../../src/task/task-spec.ts";
import type { PlanGround } from "../agents/prompt-team.ts";
import type { Role, Roles } from "../roles/role.ts";
import type { Shared } from "./run.ts";

/** Those lead a team, and work on no node. */
const LEADING: readonly string[] = ["planner", "manager"];

type Told = Pick<TaskSpec, "roles" | "planLimits">;

/** The roles in which nodes are worked on, without those that the repository has switched off. */
export const workersIn = (roles: Roles, { roles: made = {} }: Told): Role[] =>
  [...roles.values()].filter(({ name }) => !LEADING.includes(name) && !made[name]?.off);

export const capsHere = ({ team }: Pick<Shared["operator"], "team">, { planLimits }: Told): PlanCaps =>
  capsOf(team?.limits, planLimits);

export function planGround({ operator }: Pick<Shared, "operator">, spec: Told): PlanGround {
  const { nodes, width } = capsHere(operator, spec);
  const roles = workersIn(operator.roles, spec);
  return { roles: roles.map(({ name, prompt, writes }) => ({ name, does: doing({ prompt, writes }) })), nodes, width };
}

/** The first sentence of what it is told, and what it may do. */
const doing = ({ prompt, writes }: Pick<Role, "prompt" | "writes">): string =>
  `${writes ? "" : "changes nothing; "}${/^.*?[.!?](?=\s|$)/s.exec(prompt)?.[0] ?? prompt}`;
