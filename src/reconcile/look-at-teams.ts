/**
 * Has plans looked at that are not over and that nobody would look at any more, as of a team whose end nobody noticed; and ends tasks that
 * work on nodes which their plan goes on without, as a bot may have made that died before it could find that out.
 */
import { type CancelDeps, cancelTasks } from "../cancel.ts";
import { isWorkedOnBy, type Plan } from "../task/plan.ts";
import type { PlanStore } from "../task/plans.ts";
import type { Reading } from "../task/record.ts";

export async function lookAtTeams({ plans, ...deps }: CancelDeps & { plans: PlanStore }): Promise<void> {
  const { store, now, log } = deps;
  const known = new Map<string, Reading<Plan>>();
  const planOf = async (id: string): Promise<Reading<Plan>> => {
    const reading = known.get(id) ?? (await plans.lookUp(id));
    known.set(id, reading);
    return reading;
  };
  for (const id of await plans.openIds()) {
    if (await store.dispatches.ensure(id, now()))
      log.warn({ task: id }, "nobody would have looked at a plan: looked at again");
  }
  for (const { spec } of await store.readMany(await store.openIds())) {
    if (!spec.node) continue;
    const plan = await planOf(spec.node.plan);
    const isLeft =
      plan.kind === "absent" || (plan.kind === "known" && !isWorkedOnBy(plan.record, spec.node.id, spec.id));
    if (!isLeft) continue;
    log.warn({ task: spec.id, plan: spec.node.plan }, "a task works on a node that its plan goes on without");
    await cancelTasks(deps, [spec.id], { kind: "left_plan", task: spec.node.plan });
  }
}
