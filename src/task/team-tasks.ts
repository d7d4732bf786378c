/** The tasks that work, or worked, on the nodes of teams: nobody asked for them on GitHub, and what their agents ask is asked in their team's place. */
import type { TaskStore } from "./store.ts";
import type { Task } from "./task.ts";

/** Of the teams among these. */
export async function idsOfNodesOf(
  store: Pick<TaskStore, "idsOfNodes">,
  tasks: readonly Pick<Task, "spec">[],
): Promise<string[]> {
  const teams = tasks.filter(({ spec }) => spec.team);
  return (await Promise.all(teams.map(({ spec }) => store.idsOfNodes(spec.id)))).flat();
}

/** The tasks with those of the nodes of each team among them that is not over, each once. */
export async function withNodeTasks(
  store: Pick<TaskStore, "idsOfNodes" | "readMany">,
  tasks: readonly Task[],
): Promise<Task[]> {
  const known = new Set(tasks.map(({ spec }) => spec.id));
  const ids = await idsOfNodesOf(
    store,
    tasks.filter(({ state }) => state.name !== "settled"),
  );
  return [...tasks, ...(await store.readMany(ids.filter((id) => !known.has(id))))];
}
