/**
 * Which task somebody's words are for: the one whose id they begin with, or the newest that was asked for before them. A
 * repetition of the command means the same.
 */
import { withoutName } from "../command/worded.ts";
import type { TaskStore } from "../task/store.ts";
import type { Task } from "../task/task.ts";
import { isTaskId } from "../task/task-id.ts";
import { taskMeant } from "./named-tasks.ts";
import type { Request } from "./request.ts";
import type { Find } from "./target.ts";

type Said = { line: number; words: string; task?: string; nodes?: true };

/** `words`: without the name of the task, should they begin with it. `noTask`: they begin with an id of no task here. */
export type SaidTo = { task: Task | undefined; words: string; isNamed: boolean } | { noTask: string };

export async function saidTo(
  store: TaskStore,
  request: Request,
  { line, words, task: name, nodes }: Said,
  find: Find,
): Promise<SaidTo> {
  if (name !== undefined) {
    const named = await taskMeant(store, request, { line, task: name, ...(nodes && { nodes }) }, find);
    if (named) return { task: named, words: withoutName(words), isNamed: true };
    if (isTaskId(name)) return { noTask: name };
  }
  return { task: await taskMeant(store, request, { line }, find), words, isNamed: false };
}
