/**
 * Carries out one command of a request whose author may give it. Repeating it, after a crash anywhere, ends in the same
 * state: tasks have their id from the request and the line, and a command means only tasks that are older than itself.
 */
import { type CancelDeps, cancelTasks } from "../cancel.ts";
import type { Command } from "../command/command.ts";
import * as misunderstood from "../report/misunderstood-words.ts";
import * as words from "../report/replies.ts";
import { operatorOf } from "../task/origin.ts";
import type { CancelReason } from "../task/outcome.ts";
import type { Task } from "../task/task.ts";
import { withNodeTasks } from "../task/team-tasks.ts";
import { inMarkdown } from "../text/quote.ts";
import type { ViewReader } from "../views/reader.ts";
import * as budgetWords from "../words/budget-words.ts";
import { type AcceptDeps, type Asked, accept, workOf } from "./accept.ts";
import { answerQuestion } from "./answer.ts";
import type { CarriedOut } from "./carried-out.ts";
import { approve, askForAnother } from "./decide.ts";
import { conversationOf, isNameOf, isOlder, taskMeant } from "./named-tasks.ts";
import { type Request, whoAsks } from "./request.ts";
import { retry } from "./retry.ts";
import { review } from "./review.ts";
import { tellAgent } from "./tell-agent.ts";
import { thenWork } from "./then-work.ts";

export type CarryOutDeps = CancelDeps & AcceptDeps & { views: ViewReader };

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
      return { done: false, say: misunderstood.explain(command.reason) };
    case "cancel":
      return await cancel(deps, request, command);
    case "task":
      return await accept(deps, request, workOf(request, command, command.instruction), ask);
    case "approve":
      return await approve(deps, request, command, ask);
    case "plan":
      return (await askForAnother(deps, request, command, ask)) ?? (await propose(deps, request, command, ask));
    case "review":
      return await review(deps, request, command, ask);
    case "team":
      return await propose(deps, request, command, ask);
    case "retry":
      return await retry(deps, request, command, ask);
    case "then":
      return await thenWork(deps, request, command, ask);
    case "answer":
      return await answerQuestion(deps, request, command, ask);
    case "tell":
      return await tellAgent(deps, request, command, ask);
    case "budget":
      return await budget(deps, request, ask);
    case "why":
    case "logs":
      return await tell(deps, request, command, ask);
  }
}

type Asking = Extract<Command, { kind: "plan" | "team" }>;

/** An agent's work that is to be proposed, or planned, first. */
const propose = (
  deps: CarryOutDeps,
  request: Request,
  command: Asking,
  ask: () => Promise<Asked>,
): Promise<CarriedOut> =>
  accept(deps, request, { ...workOf(request, command, command.words), [command.kind]: true }, ask);

async function budget(
  { store, views }: CarryOutDeps,
  request: Request,
  ask: () => Promise<Asked>,
): Promise<CarriedOut> {
  const { repository, number, actor } = request;
  const { found, caps } = await ask();
  const conversation = found.kind === "ready" ? await conversationOf(store, request, found.target) : number;
  const envelopes = await views.budgetsOf({ repository, number, conversation, actor, caps });
  return { done: true, say: budgetWords.budget(envelopes, inMarkdown) };
}

async function tell(
  { store, views }: CarryOutDeps,
  request: Request,
  command: Extract<Command, { kind: "why" | "logs" }>,
  ask: () => Promise<Asked>,
): Promise<CarriedOut> {
  const task = await taskMeant(store, request, { ...command, nodes: true }, ask);
  if (!task) return { done: false, say: words.noTaskToTellOf(command.task) };
  const say = command.kind === "why" ? words.why(await views.ofTask(task)) : words.logs(await views.logOf(task));
  return { done: true, say };
}

async function cancel(
  deps: CancelDeps,
  request: Request,
  command: Extract<Command, { kind: "cancel" }>,
): Promise<CarriedOut> {
  const { repository, number } = request;
  const isNamed = ({ spec }: Task) => command.task === undefined || isNameOf(command.task, spec.id);
  const here = async () => {
    const tasks = await deps.store.readMany(await deps.store.idsOfIssue(repository.id, number));
    return command.task === undefined ? tasks : await withNodeTasks(deps.store, tasks);
  };
  const known = await here();
  if (command.task !== undefined && !known.some(isNamed)) return { done: false, say: words.noSuchTask(command.task) };
  const isMeant = (task: Task) => isOlder(task, request, command) && isNamed(task);
  const ids = known.filter((task) => task.state.name !== "settled" && isMeant(task)).map(({ spec }) => spec.id);
  await cancelTasks(deps, ids, reasonOf(request));
  // Counted from the records, not from what this call did: a repetition gives the same answer.
  const cancelled = (await here()).filter((task) => isMeant(task) && wasCancelledBy(task, request));
  const [named, ...others] = command.task === undefined ? [] : known.filter(isMeant);
  const over = others.length === 0 && named?.state.name === "settled" ? named.spec.id : undefined;
  const say = cancelled.length === 0 ? words.nothingToCancel(over) : words.cancelled(cancelled.length);
  return { done: true, say, tasks: cancelled.map(({ spec }) => spec.id) };
}

function reasonOf(request: Request): Extract<CancelReason, { kind: "command" | "by_operator" }> {
  const operator = operatorOf(request.source);
  return operator === undefined ? { kind: "command", by: whoAsks(request) } : { kind: "by_operator", by: operator };
}

function wasCancelledBy(task: Task, request: Request): boolean {
  const { kind, by } = reasonOf(request);
  if (task.state.name !== "settled") return task.cancel?.kind === kind;
  const { outcome, at } = task.state;
  if (outcome.kind !== "cancelled" || outcome.reason.kind !== kind) return false;
  return outcome.reason.by === by && at >= request.receivedAt;
}
