/**
 * Carries out one command of a comment whose author may give it. Repeating it, after a crash anywhere, ends in the same
 * state: tasks have their id from the comment and its line, and only tasks older than a `cancel` are cancelled.
 */
import { type CancelDeps, cancelTasks, openTasksOfIssue } from "../cancel.ts";
import { type Command, MAX_INSTRUCTION, type Misunderstanding } from "../command/command.ts";
import * as words from "../report/words.ts";
import type { Task, TaskSpec } from "../task/task.ts";
import { taskIdOf } from "../task/task-id.ts";
import type { GivenComment } from "./inbox.ts";
import type { Place } from "./target.ts";

/** What to say to the person; undefined when the task's progress comment says it. */
export type CarriedOut = { done: boolean; say?: string };

/** `onAccepted`: told of a new task at most once, when it was recorded and its job is on its way. Must not throw. */
export type CarryOutDeps = CancelDeps & { onAccepted: (spec: TaskSpec) => void };

export async function carryOut(
  deps: CarryOutDeps,
  given: GivenComment,
  command: Command,
  place: () => Promise<Place>,
): Promise<CarriedOut> {
  switch (command.kind) {
    case "help":
      return { done: true, say: words.help() };
    case "status": {
      const ids = await deps.store.idsOfIssue(given.repository.id, given.number);
      return { done: true, say: words.status(await deps.store.readMany(ids)) };
    }
    case "misunderstood":
      return { done: false, say: explain(command.reason) };
    case "cancel":
      return await cancel(deps, given, command);
    case "task":
      return await request(deps, given, command, place);
  }
}

function explain(reason: Misunderstanding): string {
  switch (reason.kind) {
    case "mistyped":
      return words.didYouMean(reason.verb);
    case "reserved":
      return words.notAVerbYet(reason.word);
    case "too_long":
      return words.instructionTooLong(MAX_INSTRUCTION);
    case "quoted":
      return words.partOfQuote();
    case "in_html":
      return words.partOfHtml();
    case "unreadable":
      return words.unreadable();
  }
}

async function request(
  deps: CarryOutDeps,
  given: GivenComment,
  command: Extract<Command, { kind: "task" }>,
  place: () => Promise<Place>,
): Promise<CarriedOut> {
  const id = taskIdOf(given.repository.id, given.commentId, command.line);
  let task = await deps.store.read(id);
  let created: TaskSpec | undefined;
  if (!task) {
    const where = await place();
    if (where.kind === "closed") return { done: false, say: words.closed(given.on, where.goneBranch) };
    if (where.kind === "fork") return { done: false, say: words.forkNotYet() };
    if (where.kind === "from_default") return { done: false, say: words.fromDefaultBranch(where.branch) };
    const spec = specOf(given, id, command, where, deps.now());
    if (await deps.store.create(spec)) created = spec;
    task = await deps.store.read(id);
    if (created) deps.log.info({ task: id, comment: given.commentId, delivery: given.delivery }, "task accepted");
  }
  if (task?.state.name === "queued") await deps.queue.enqueue(task);
  // Not before: what begins here would hold the job up by some milliseconds.
  if (created) deps.onAccepted(created);
  return { done: true };
}

function specOf(
  given: GivenComment,
  id: string,
  { instruction, details }: Extract<Command, { kind: "task" }>,
  place: Extract<Place, { kind: "ready" }>,
  acceptedAt: number,
): TaskSpec {
  const { installationId, number, commentId, commentUrl, actor, requestedAt } = given;
  const { defaultBranch: _, ...repository } = given.repository;
  const { title, target } = place;
  return {
    id,
    installationId,
    repository,
    number,
    title,
    target,
    commentId,
    commentUrl,
    actor,
    instruction,
    ...(details === undefined ? {} : { details }),
    requestedAt,
    acceptedAt,
  };
}

async function cancel(
  deps: CancelDeps,
  given: GivenComment,
  command: Extract<Command, { kind: "cancel" }>,
): Promise<CarriedOut> {
  const { repository, number, actor } = given;
  const isNamed = ({ spec }: Task) => command.task === undefined || isNameOf(command.task, spec.id);
  const known = await deps.store.readMany(await deps.store.idsOfIssue(repository.id, number));
  if (command.task !== undefined && !known.some(isNamed)) return { done: false, say: words.noSuchTask(command.task) };
  const isMeant = (task: Task) => isOlder(task, given, command) && isNamed(task);
  const ids = await openTasksOfIssue(deps.store, repository.id, number, isMeant);
  await cancelTasks(deps, ids, { kind: "command", by: actor.login });
  // Counted from the records, not from what this call did: a repetition gives the same answer.
  const tasks = await deps.store.readMany(await deps.store.idsOfIssue(repository.id, number));
  const count = tasks.filter((task) => isMeant(task) && wasCancelledBy(task, given)).length;
  return { done: true, say: count === 0 ? words.nothingToCancel() : words.cancelled(count) };
}

/** A shorter beginning may be meant as something else. */
const SHORTEST_NAME = 4;

function isNameOf(name: string, taskId: string): boolean {
  return name.length >= SHORTEST_NAME && taskId.startsWith(name);
}

/** Given in an earlier comment (ids of comments grow), or in a line above. */
function isOlder(task: Task, given: GivenComment, command: Command): boolean {
  if (task.spec.commentId !== given.commentId) return task.spec.commentId < given.commentId;
  const above = given.commands.filter((other) => other.line < command.line);
  return above.some((other) => taskIdOf(given.repository.id, given.commentId, other.line) === task.spec.id);
}

function wasCancelledBy(task: Task, { actor, receivedAt }: GivenComment): boolean {
  if (task.state.name !== "settled") return task.cancel?.kind === "command";
  const { outcome, at } = task.state;
  if (outcome.kind !== "cancelled" || outcome.reason.kind !== "command") return false;
  return outcome.reason.by === actor.login && at >= receivedAt;
}
