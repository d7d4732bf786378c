/**
 * `tell`: something for the agent that works here, or will. It goes into the messages of its task, and the report of that task shows on
 * what asked whether it was delivered.
 */
import type { Command } from "../command/command.ts";
import { withDetails } from "../command/details.ts";
import * as words from "../report/message-words.ts";
import { type Inbox, inboxOf } from "../task/inbox.ts";
import { MAX_MESSAGE, type Message, type Note } from "../task/messages.ts";
import { isNodeOver } from "../task/plan.ts";
import { withMatter } from "../task/plan-questions.ts";
import type { TaskStore } from "../task/store.ts";
import type { Task } from "../task/task.ts";
import type { CarriedOut } from "./carried-out.ts";
import { isOlder } from "./named-tasks.ts";
import { nodeNamed } from "./node-named.ts";
import { commandNameOf, type Request, whoAsks } from "./request.ts";
import { saidTo } from "./said-to.ts";
import type { Find } from "./target.ts";

type Tell = Extract<Command, { kind: "tell" }>;

export async function tellAgent(
  { store }: { store: TaskStore },
  request: Request,
  command: Tell,
  find: Find,
): Promise<CarriedOut> {
  const id = commandNameOf(request, command.line);
  const here = await store.readMany(await store.idsOfIssue(request.repository.id, request.number));
  const meant = await saidTo(store, request, { ...command, nodes: true }, find);
  if ("noTask" in meant) return { done: false, say: words.nobodyCalled(meant.noTask) };
  const mayHaveIt = [...here, ...(meant.task ? [meant.task] : [])].map(({ spec }) => inboxOf(spec).book);
  // It may have been said in an earlier life of a bot; whatever has become of the task since does not matter.
  const has = await store.messages.recipientOf(id, mayHaveIt);
  if (has !== undefined) return { ...(await callManager(store, has, id)), tasks: [meant.task?.spec.id ?? has] };
  const task = meant.isNamed ? meant.task : (newestOpen(here, request, command) ?? meant.task);
  if (!task) return { done: false, say: words.nobodyToTell() };
  const text = withDetails(meant.words, command);
  if (text === "") return { done: false, say: words.nothingToTell() };
  if (text.length > MAX_MESSAGE) return { done: false, say: words.messageTooLong(text.length) };
  if (isTooLate(task)) return { done: false, say: words.tooLateToTell(task.spec.id) };
  const named = await nodeNamed(store.plans, task, text);
  if (named && isNodeOver(named.node)) return { done: false, say: words.nodeIsOver(named.node.id) };
  const to = named ? { book: task.spec.id, node: named.node.id } : inboxOf(task.spec);
  const sent = await send(store, task, request, { id, to, text: named?.text ?? text });
  return { ...sent, tasks: [task.spec.id] };
}

const DELIVERING: CarriedOut = { done: true, reportReacts: true };

async function send(
  { messages, plans }: TaskStore,
  { spec }: Task,
  request: Request,
  { id, to, text }: { id: string; to: Inbox; text: string },
): Promise<CarriedOut> {
  const { requestedAt: at, number, source, about } = request;
  const by = whoAsks(request);
  const { node } = to;
  const toNode = node === undefined ? {} : { to: node };
  const message: Message = { v: 1, id, from: { person: by }, ...toNode, kind: "note", text, at };
  const note: Note = { by, at, number, source, ...(about && { under: about.thread }) };
  const { kind } = await messages.send(to, message, note);
  switch (kind) {
    case "sent":
      return spec.team && node === undefined ? await callManager({ messages, plans }, spec.id, id) : DELIVERING;
    case "full":
    case "spent":
      return { done: false, say: words.tooManyMessages(spec.id) };
    case "over":
    case "void":
      return { done: false, say: words.tooLateToTell(spec.id) };
  }
}

/** The agent of a team's own task works only when it is called. Of a task that is no team's there is no plan; what is for a node is not its. */
async function callManager(
  { messages, plans }: Pick<TaskStore, "messages" | "plans">,
  book: string,
  id: string,
): Promise<CarriedOut> {
  const said = (await messages.sent(book)).find((message) => message.id === id);
  if (!said || said.fate !== undefined || said.to !== undefined) return DELIVERING;
  const { by, start = "" } = said;
  const at = Date.now();
  const matter = { kind: "told" as const, key: `told:${id}`, text: `@${by} says: ${start}`, at };
  await plans.change(book, (plan) => withMatter(plan, matter), at);
  return DELIVERING;
}

/** Of several tasks the words are for one that can hear them: whose agent works, or has worked, before one that has not begun. */
function newestOpen(here: readonly Task[], request: Request, command: Tell): Task | undefined {
  const open = here.filter((task) => !isTooLate(task) && isOlder(task, request, command));
  const working = open.findLast(({ state }) => state.name === "running");
  return working ?? open.findLast(({ runs }) => runs.length > 0) ?? open.at(-1);
}

/** Its agent does not work any more: what it made is being published, or it is over. */
const isTooLate = ({ state, pushed }: Task): boolean =>
  pushed !== undefined || state.name === "settled" || (state.name === "running" && state.phase === "publishing");
