/**
 * Which task a command means: the newest that was asked for before it, or the one whose id begins with the word behind it.
 * Under a pull request of ours that has no task yet, the one that it came from. A repetition of the command means the same.
 */
import { taskOfBranch } from "../task/branch.ts";
import { isSameSource, isWritten } from "../task/origin.ts";
import type { TaskStore } from "../task/store.ts";
import type { Task } from "../task/task.ts";
import type { TaskSpec } from "../task/task-spec.ts";
import { withNodeTasks } from "../task/team-tasks.ts";
import { type Request, taskIdIn } from "./request.ts";
import type { Find } from "./target.ts";

/** A shorter beginning may be meant as something else. */
const SHORTEST_NAME = 4;

/** With or without the letter that every id begins with. */
export function isNameOf(name: string, taskId: string): boolean {
  return name.length >= SHORTEST_NAME && (taskId.startsWith(name) || taskId.startsWith(name, 1));
}

/** Asked for before, or in a line above. GitHub's times are whole seconds: ids of what is written grow within one, too. */
export function isOlder({ spec }: Task, request: Request, command: { line: number }): boolean {
  const { source, requestedAt } = request;
  if (isSameSource(spec.origin, source))
    return request.commands.some(({ line }) => line < command.line && taskIdIn(request, line) === spec.id);
  if (spec.requestedAt !== requestedAt) return spec.requestedAt < requestedAt;
  if (spec.origin.kind !== source.kind || !isWritten(spec.origin) || !isWritten(source)) return true;
  return spec.origin.id < source.id;
}

/** `nodes`: a task that works on a node of a plan may be named, too, although nobody asked for it. */
type Naming = { line: number; task?: string; nodes?: true };

export async function taskMeant(
  store: TaskStore,
  request: Request,
  command: Naming,
  find: Find,
): Promise<Task | undefined> {
  return await foundHere(store, request, find, (ids) => newest(store, ids, request, command));
}

/**
 * What `look` finds among the tasks of where it was asked; where that is nothing, and a pull request, among those of the conversation which the
 * pull request belongs to. `here`: ids of the tasks that are looked at first.
 */
export async function foundHere<T>(
  store: TaskStore,
  request: Request,
  find: Find,
  look: (ids: readonly string[]) => Promise<T | undefined>,
  here: Promise<string[]> = store.idsOfIssue(request.repository.id, request.number),
): Promise<T | undefined> {
  const { repository, number } = request;
  const known = await look(await here);
  if (known !== undefined || request.on === "issue") return known;
  const { found } = await find();
  if (found.kind !== "ready") return undefined;
  const conversation = await conversationOf(store, request, found.target);
  return await look(await store.idsOfConversation(repository.id, { conversation, number }));
}

async function newest(
  store: TaskStore,
  ids: readonly string[],
  request: Request,
  command: Naming,
): Promise<Task | undefined> {
  const { task: name, nodes } = command;
  const asked = await store.readMany(ids);
  const all = name !== undefined && nodes ? await withNodeTasks(store, asked) : asked;
  const isNamed = ({ spec }: Task) => name === undefined || isNameOf(name, spec.id);
  return all.findLast((task) => isNamed(task) && isOlder(task, request, command));
}

/** A pull request on a branch of ours belongs to the conversation that asked for it. */
export async function conversationOf(
  store: TaskStore,
  { repository, number }: Request,
  target: TaskSpec["target"],
): Promise<number> {
  const asked = target.kind === "pull" ? await taskOfBranch(store, repository.id, target.headRef) : undefined;
  return asked?.spec.conversation ?? number;
}
