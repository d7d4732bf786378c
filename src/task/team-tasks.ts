/** The tasks that work, or worked, on the nodes of teams: nobody asked for them on GitHub, and what their agents ask is asked in their team's place. */
import type { TaskStore } from "./store.ts";
import type { Task } from "./task.ts";

type Nodes = {
  /** Whether a team's nodes are wanted; without it every team's are. */
  of?: (team: Task) => boolean;
};

/** The tasks with those of the nodes of the teams among them, each once. */
export async function withNodeTasks(
  store: Pick<TaskStore, "idsOfNodes" | "readMany">,
  tasks: readonly Task[],
  { of = () => true }: Nodes = {},
): Promise<Task[]> {
  const teams = tasks.filter((task) => task.spec.team && of(task));
  const ids = (await Promise.all(teams.map(({ spec }) => store.idsOfNodes(spec.id)))).flat();
  const known = new Set(tasks.map(({ spec }) => spec.id));
  return [...tasks, ...(await store.readMany(ids.filter((id) => !known.has(id))))];
}

/** What agents ask is asked as long as their team is at work. */
export const ofOpenTeams: Nodes = { of: ({ state }) => state.name !== "settled" };
