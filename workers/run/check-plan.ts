/** A plan is judged by what its team would have here: the roles, the bounds, the repository's check and the money. */
import type { ChoicesOf } from "../../src/task/make-plan.ts";
import { PLAN_CAPS } from "../../src/task/plan.ts";
import { type Checked, checkPlan, type RoleFacts } from "../../src/task/plan-check.ts";
import type { PlanProposal } from "../../src/task/plan-proposal.ts";
import { choicesFor } from "../../src/task/role-choices.ts";
import type { OperatorFile } from "../operator-file.ts";
import type { Roles } from "../roles/role.ts";
import type { TalkRun } from "../talk-back/tool.ts";
import { LEADING } from "./plan-ground.ts";

/** Those that work on nodes. */
export const roleFacts = (roles: Roles): RoleFacts[] =>
  [...roles.values()]
    .filter(({ name }) => !LEADING.includes(name))
    .map(({ name, writes, delegates, agent, model }) => ({
      ...{ name, writes, mayDelegate: delegates },
      ...(agent !== undefined && { choices: [{ agent, ...(model !== undefined && { model }) }] }),
    }));

/** What the roles of this host are given to. */
export const choicesHere =
  ({ roles, agents, defaultAgent }: Pick<OperatorFile, "roles" | "agents" | "defaultAgent">): ChoicesOf =>
  (role) =>
    choicesFor(roles.get(role), { agents: [...agents.keys()], defaultAgent });

export function checkHandedIn({ shared: { operator }, run }: TalkRun, plan: PlanProposal): Checked {
  const { budget } = run.task.spec;
  const perRun = operator.budget?.run;
  return checkPlan(plan, {
    caps: PLAN_CAPS,
    roles: roleFacts(operator.roles),
    hasVerify: run.folder.record.prepared?.verify !== undefined,
    ...(budget && { budget }),
    ...(perRun && { perRun }),
  });
}
