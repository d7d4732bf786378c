/** The tasks of a pull request's conversation: of the issue that it came of, where it is our own. */
import { taskOfBranch } from "../task/branch.ts";
import type { TaskStore } from "../task/store.ts";
import type { Task } from "../task/task.ts";

/** `branch`: its head, where that is in the same repository: a fork may call its branches what it likes. */
export type KnownPull = { repositoryId: number; number: number; branch: string | undefined };

export async function tasksOfPull(
  store: Pick<TaskStore, "idsOfIssue" | "idsOfConversation" | "readMany">,
  { repositoryId, number, branch }: KnownPull,
): Promise<Task[]> {
  const opener = branch === undefined ? undefined : await taskOfBranch(store, repositoryId, branch);
  const conversation = opener?.spec.conversation ?? number;
  return await store.readMany(await store.idsOfConversation(repositoryId, { conversation, number }));
}
