/** The tasks that work on the nodes of teams: nobody asked for them on GitHub, and what their agents ask is asked in their team's place. */
import { currentTry } from "./plan.ts";
import type { TaskStore } from "./store.ts";
import type { Task } from "./task.ts";

/** The tasks with those of the nodes of each team among them that is not over, each once. */
export async function withNodeTasks(store: TaskStore, tasks: readonly Task[]): Promise<Task[]> {
  const known = new Set(tasks.map(({ spec }) => spec.id));
  const teams = tasks.filter(({ spec, state }) => spec.team && state.name !== "settled");
  const plans = await Promise.all(teams.map(({ spec }) => store.plans.read(spec.id)));
  const tries = plans.flatMap((plan) => plan?.nodes.flatMap((node) => currentTry(node)?.task ?? []) ?? []);
  return [...tasks, ...(await store.readMany(tries.filter((id) => !known.has(id))))];
}
