/** What the home of a plan and its repository make of it: which agents its nodes may be given to, and how large it may be. Pure. */
import type { HostView } from "../task/hosts.ts";
import type { ChoicesOf } from "../task/make-plan.ts";
import { capsOf, type PlanCaps } from "../task/plan-caps.ts";
import { choicesFor } from "../task/role-choices.ts";
import type { TaskSpec } from "../task/task-spec.ts";

export type PlanGround = { choicesOf: ChoicesOf; caps: PlanCaps };

/** `home`: the host that the plan was made on; of one that is not known the defaults count. */
export function groundOn(home: HostView | undefined, { roles = {}, planLimits }: TaskSpec): PlanGround {
  return {
    choicesOf: (role) => home && choicesFor(home.roles?.[role], home, roles[role]?.agent),
    caps: capsOf(home?.team, planLimits),
  };
}
