/** A plan is judged by what its team would have here: the roles, the bounds, the repository's check and the money. */
import type { Funds } from "../../src/task/beyond.ts";
import { envelopesOf, limitOfPlan, mostOf, narrower } from "../../src/task/envelope.ts";
import { readBalances, readReserves } from "../../src/task/ledger.ts";
import type { ChoicesOf } from "../../src/task/make-plan.ts";
import { type Checked, checkPlan, type RoleFacts } from "../../src/task/plan-check.ts";
import type { PlanProposal } from "../../src/task/plan-proposal.ts";
import { choicesFor } from "../../src/task/role-choices.ts";
import type { TaskSpec } from "../../src/task/task-spec.ts";
import { sumOf, UNITS } from "../../src/text/budget.ts";
import type { OperatorFile } from "../operator-file.ts";
import type { TalkRun } from "../talk-back/tool.ts";
import { capsHere, workersIn } from "./plan-ground.ts";
import type { Shared } from "./run.ts";

type Told = Pick<TaskSpec, "roles" | "planLimits">;

/** Those that work on nodes, as the repository lets them. */
export const roleFacts = ({ roles }: Pick<OperatorFile, "roles">, spec: Told): RoleFacts[] =>
  workersIn(roles, spec).map(({ name, writes, delegates, agent, model }) => ({
    ...{ name, writes, mayDelegate: delegates },
    ...(agent !== undefined && { choices: [{ agent, ...(model !== undefined && { model }) }] }),
  }));

/** What the roles of this host are given to. */
export const choicesHere =
  (
    { roles, agents, defaultAgent }: Pick<OperatorFile, "roles" | "agents" | "defaultAgent">,
    { roles: made = {} }: Told,
  ): ChoicesOf =>
  (role) =>
    choicesFor(roles.get(role), { agents: [...agents.keys()], defaultAgent }, made[role]?.agent);

/** Undefined of a run that an older Orch prepared. */
export const serverNames = ({ folder }: Pick<TalkRun["run"], "folder">): string[] | undefined =>
  folder.record.prepared?.servers?.map(({ name }) => name);

/**
 * What the nodes of a plan may still use; undefined where nothing is limited. What the manager's own run has set aside is no node's to lack: most
 * of it comes back. `at`: Unix ms.
 */
export async function fundsHere(
  { operator, redis }: Pick<Shared, "operator" | "redis">,
  spec: TaskSpec,
  at: number,
): Promise<Funds | undefined> {
  const plan = envelopesOf(spec, operator.budget, at)?.find(({ of }) => of === "plan");
  if (!plan || UNITS.every((unit) => plan.limit[unit] === undefined)) return undefined;
  const [[balance], reserves] = await Promise.all([readBalances(redis, [plan]), readReserves(redis)]);
  const own = reserves.get(spec.id)?.amounts ?? {};
  const all = sumOf([balance?.spent ?? {}, balance?.reserved ?? {}]);
  const used = Object.fromEntries(UNITS.map((unit) => [unit, Math.max(0, (all[unit] ?? 0) - (own[unit] ?? 0))]));
  return { limit: plan.limit, used, most: mostOf(spec, operator.budget) };
}

export function checkHandedIn({ shared: { operator }, run }: TalkRun, plan: PlanProposal): Checked {
  const { spec } = run.task;
  const budget = limitOfPlan(spec, operator.budget);
  const perRun = narrower(operator.budget?.run, spec.caps?.run);
  return checkPlan(plan, {
    caps: capsHere(operator, spec),
    roles: roleFacts(operator, spec),
    servers: serverNames(run),
    hasVerify: run.folder.record.prepared?.verify !== undefined,
    ...{ budget, perRun },
  });
}
