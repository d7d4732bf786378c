/**
 * Some things on GitHub belong to several tasks together: the label of an issue, the reaction to a comment with several
 * commands. Each task's report sets them for all. When two tasks change at the same time, the later of the two writers
 * has seen both changes, because everybody asks again after writing; so nothing stays behind.
 */
import type { Task } from "../task/task.ts";
import type { ShowDeps } from "./showing.ts";

/** A bound for tasks that change all the time. */
const MAX_ROUNDS = 5;

/** Applies what is wanted until that is still wanted afterwards; what was applied last. */
export async function untilAgreed<T>(
  wanted: () => Promise<T | undefined>,
  apply: (value: T) => Promise<void>,
): Promise<T | undefined> {
  let value = await wanted();
  for (let round = 0; round < MAX_ROUNDS && value !== undefined; round++) {
    await apply(value);
    const now = await wanted();
    if (now === value) break;
    value = now;
  }
  return value;
}

/** All tasks of the task's issue or pull request, oldest first. */
export async function tasksOfIssue({ store }: ShowDeps, { spec }: Task): Promise<Task[]> {
  return await store.readMany(await store.idsOfIssue(spec.repository.id, spec.number));
}
