/** Reads a team's plan, and the tasks of its nodes as they stand now. */
import type { TaskStore } from "../task/store.ts";
import type { Task } from "../task/task.ts";
import type { Team } from "./plan-view.ts";

/** Undefined of a task that is no team's, and before its plan is approved. */
export async function readTeam(
  store: Pick<TaskStore, "plans" | "readMany">,
  { spec }: Task,
): Promise<Team | undefined> {
  const plan = spec.team ? await store.plans.read(spec.id) : undefined;
  if (!plan) return undefined;
  const ids = plan.nodes.flatMap(({ tries }) => tries.map(({ task }) => task));
  return { plan, tasks: await store.readMany(ids) };
}
