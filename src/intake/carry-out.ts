/**
 * Carries out one command of a request whose author may give it. Repeating it, after a crash anywhere, ends in the same
 * state: tasks have their id from the request and the line, and only tasks older than a `cancel` are cancelled.
 */
import { type CancelDeps, cancelTasks, openTasksOfIssue } from "../cancel.ts";
import { type Command, MAX_INSTRUCTION, type Misunderstanding } from "../command/command.ts";
import type { Dispatcher } from "../dispatch/dispatcher.ts";
import * as words from "../report/words.ts";
import { taskIdOfBranch } from "../task/branch.ts";
import { isSameSource, isWritten, originIn } from "../task/origin.ts";
import type { Task, TaskSpec } from "../task/task.ts";
import type { ViewReader } from "../views/reader.ts";
import { type Request, taskIdIn } from "./request.ts";
import type { FoundTarget } from "./target.ts";

/** What to say to the person; undefined when the task's progress comment says it. */
export type CarriedOut = { done: boolean; say?: string };

/** What is to be known before a task can be made. `agent`: the one that the repository wishes for. */
export type Asked = { found: FoundTarget; agent: string | undefined };

export type CarryOutDeps = CancelDeps & { dispatcher: Dispatcher; views: ViewReader };

export async function carryOut(
  deps: CarryOutDeps,
  request: Request,
  command: Command,
  ask: () => Promise<Asked>,
): Promise<CarriedOut> {
  switch (command.kind) {
    case "help":
      return { done: true, say: words.help() };
    case "status":
      return { done: true, say: words.status(await deps.views.ofIssue(request.repository.id, request.number)) };
    case "misunderstood":
      return { done: false, say: explain(command.reason) };
    case "cancel":
      return await cancel(deps, request, command);
    case "task":
      return await accept(deps, request, command, ask);
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

type TaskCommand = Extract<Command, { kind: "task" }>;

async function accept(
  deps: CarryOutDeps,
  request: Request,
  command: TaskCommand,
  ask: () => Promise<Asked>,
): Promise<CarriedOut> {
  const known = await deps.store.read(taskIdIn(request, command.line));
  if (known) {
    // An earlier life of a bot may have died before its job was added.
    await deps.dispatcher.ensure(known);
    return { done: true };
  }
  const { found, agent } = await ask();
  if (found.kind === "closed") return { done: false, say: words.closed(request.on, found.goneBranch) };
  if (found.kind === "fork") return { done: false, say: words.forkNotYet() };
  if (found.kind === "from_default") return { done: false, say: words.fromDefaultBranch(found.branch) };
  const conversation = await conversationOf(deps, request, found.target);
  const spec = specOf(request, command, { ...found, agent, conversation, acceptedAt: deps.now() });
  const refused = await deps.dispatcher.accept(spec);
  if (refused) return { done: false, say: words.noSuchAgent(refused.agent, refused.known) };
  deps.log.info({ task: spec.id, origin: spec.origin, delivery: request.delivery }, "task accepted");
  return { done: true };
}

/** A pull request on a branch of ours belongs to the conversation that asked for it. */
async function conversationOf(
  { store }: CarryOutDeps,
  { repository, number }: Request,
  target: TaskSpec["target"],
): Promise<number> {
  const id = target.kind === "pull" ? taskIdOfBranch(target.headRef) : undefined;
  const asked = id === undefined ? undefined : await store.read(id);
  return asked?.spec.repository.id === repository.id ? asked.spec.conversation : number;
}

type Known = Extract<FoundTarget, { kind: "ready" }> & {
  agent: string | undefined;
  conversation: number;
  acceptedAt: number;
};

function specOf(request: Request, { line, instruction, details }: TaskCommand, known: Known): TaskSpec {
  const { installationId, number, source, about, actor, requestedAt } = request;
  const { defaultBranch: _, ...repository } = request.repository;
  const { title, target, agent, conversation, acceptedAt } = known;
  return {
    id: taskIdIn(request, line),
    installationId,
    repository,
    number,
    title,
    target,
    origin: originIn(source, line),
    conversation,
    ...(agent !== undefined && { agent }),
    actor,
    instruction,
    ...(details === undefined ? {} : { details }),
    ...(about && { about }),
    requestedAt,
    acceptedAt,
  };
}

async function cancel(
  deps: CancelDeps,
  request: Request,
  command: Extract<Command, { kind: "cancel" }>,
): Promise<CarriedOut> {
  const { repository, number, actor } = request;
  const isNamed = ({ spec }: Task) => command.task === undefined || isNameOf(command.task, spec.id);
  const known = await deps.store.readMany(await deps.store.idsOfIssue(repository.id, number));
  if (command.task !== undefined && !known.some(isNamed)) return { done: false, say: words.noSuchTask(command.task) };
  const isMeant = (task: Task) => isOlder(task, request, command) && isNamed(task);
  const ids = await openTasksOfIssue(deps.store, repository.id, number, isMeant);
  await cancelTasks(deps, ids, { kind: "command", by: actor.login });
  // Counted from the records, not from what this call did: a repetition gives the same answer.
  const tasks = await deps.store.readMany(await deps.store.idsOfIssue(repository.id, number));
  const count = tasks.filter((task) => isMeant(task) && wasCancelledBy(task, request)).length;
  return { done: true, say: count === 0 ? words.nothingToCancel() : words.cancelled(count) };
}

/** A shorter beginning may be meant as something else. */
const SHORTEST_NAME = 4;

function isNameOf(name: string, taskId: string): boolean {
  return name.length >= SHORTEST_NAME && taskId.startsWith(name);
}

/** Asked for before, or in a line above. GitHub's times are whole seconds: ids of what is written grow within one, too. */
function isOlder({ spec }: Task, request: Request, command: Command): boolean {
  const { source, requestedAt } = request;
  if (isSameSource(spec.origin, source))
    return request.commands.some(({ line }) => line < command.line && taskIdIn(request, line) === spec.id);
  if (spec.requestedAt !== requestedAt) return spec.requestedAt < requestedAt;
  if (spec.origin.kind !== source.kind || !isWritten(spec.origin) || !isWritten(source)) return true;
  return spec.origin.id < source.id;
}

function wasCancelledBy(task: Task, { actor, receivedAt }: Request): boolean {
  if (task.state.name !== "settled") return task.cancel?.kind === "command";
  const { outcome, at } = task.state;
  if (outcome.kind !== "cancelled" || outcome.reason.kind !== "command") return false;
  return outcome.reason.by === actor.login && at >= receivedAt;
}
