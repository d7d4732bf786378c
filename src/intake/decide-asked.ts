/**
 * What a person makes of a change of a team's plan that goes beyond what was approved. Decided and carried out by one write of the plan's record, which
 * knows the one change that waits: what was overtaken by a newer one, or was decided before, is answered so. Safe to repeat.
 */
import * as words from "../report/proposal-replies.ts";
import type { AskedRevision } from "../task/asked-shape.ts";
import { type AskedDecision, decideOnAsked } from "../task/decide-asked.ts";
import { openAsked } from "../task/plan.ts";
import type { TaskStore } from "../task/store.ts";
import type { Task } from "../task/task.ts";
import type { CarriedOut } from "./carried-out.ts";

/** The last change that was asked for of a team at work, decided or not. */
export type AskedChange = { task: Task; asked: AskedRevision; isOpen: boolean };

type Plans = { plans: Pick<TaskStore["plans"], "read"> };

/** Of all teams at work among the tasks. */
export async function askedChangesOf({ plans }: Plans, tasks: readonly Task[]): Promise<AskedChange[]> {
  const teams = tasks.filter(({ spec, state }) => spec.team && state.name !== "settled");
  const all = await Promise.all(teams.map(async (task) => ({ task, plan: await plans.read(task.spec.id) })));
  return all.flatMap(({ task, plan }) =>
    plan?.asked ? [{ task, asked: plan.asked, isOpen: openAsked(plan) !== undefined }] : [],
  );
}

export async function decideOnChange(
  { store, now }: { store: TaskStore; now: () => number },
  { task, asked: { name } }: AskedChange,
  decision: AskedDecision,
): Promise<CarriedOut> {
  const { id } = task.spec;
  const made = await store.plans.change(id, (plan) => decideOnAsked(plan, name, decision), now());
  const asked = made.kind === "known" && made.record.asked?.name === name ? made.record.asked : undefined;
  const by = asked?.decision && "by" in asked.decision ? asked.decision.by : undefined;
  // The same word once more, as after a bot's death, is no other one.
  const isSame = asked?.decision?.kind === decision.kind || (decision.kind === "approved" && isOutdated(asked));
  const isOwn = isSame && asked?.decision?.at === decision.at && by?.id === decision.by?.id;
  if (!asked?.decision || !isOwn) return { done: false, say: words.changeDecidedAlready(name, asked?.decision?.kind) };
  if (isOutdated(asked)) return { done: true, tasks: [id], say: words.changeOutdated(name) };
  return { done: true, tasks: [id] };
}

const isOutdated = (asked: AskedRevision | undefined): boolean => asked?.decision?.kind === "outdated";
