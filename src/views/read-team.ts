/** Reads a team's plan, and the tasks of its nodes as they stand now. */
import type { PlanStore } from "../task/plans.ts";
import type { TaskStore } from "../task/store.ts";
import type { Task } from "../task/task.ts";
import type { Team } from "./plan-view.ts";

export type TeamSources = { plans: Pick<PlanStore, "read">; store: Pick<TaskStore, "readMany"> };

/** Undefined of a task that is no team's, and before its plan is approved. */
export async function readTeam({ plans, store }: TeamSources, { spec }: Task): Promise<Team | undefined> {
  const plan = spec.team ? await plans.read(spec.id) : undefined;
  if (!plan) return undefined;
  const ids = plan.nodes.flatMap(({ tries }) => tries.map(({ task }) => task));
  return { plan, tasks: await store.readMany(ids) };
}
