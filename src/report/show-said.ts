/**
 * Shows what became of the messages that were sent to a task's agent, on what said them: 👀 accepted, 🚀 delivered, 😕 not
 * delivered, which is told in words as well. What also asked for tasks has the reaction to these.
 */

import type { SentMessage } from "../task/messages.ts";
import { isByProgram, isSameSource, type Source } from "../task/origin.ts";
import type { Task } from "../task/task.ts";
import { tasksOfIssue, untilAgreed } from "./agree.ts";
import * as words from "./message-words.ts";
import { threadOf } from "./own-comment.ts";
import { type Reaction, reactTo } from "./reaction.ts";
import { ensureReply } from "./reply.ts";
import type { ShowDeps, Showing } from "./showing.ts";

/** What was said on GitHub: agents say things to each other, too. */
type Shown = SentMessage & { number: number; source: Source };
type Said = { key: string; source: Source; messages: Shown[] };

const isShown = (message: SentMessage): message is Shown =>
  message.source !== undefined && message.number !== undefined;

export async function showSaid(deps: ShowDeps, showing: Showing): Promise<undefined> {
  const { task } = showing;
  const sent = await deps.store.messages.sent(task.spec.id);
  if (sent.length === 0) return;
  const said = bySource(sent.filter(isShown));
  const tasks = said.length === 0 ? [] : await tasksOfIssue(deps, task);
  const asked = (source: Source) => tasks.some(({ spec }) => isSameSource(spec.origin, source));
  for (const each of said) {
    if (!asked(each.source)) await showReaction(deps, showing, each);
    // A program sees in its task what became of its messages.
    if (!isByProgram(each.source)) await tellUndelivered(deps, showing, each);
  }
  if (task.state.name === "settled") await deps.store.messages.expire(task.spec.id);
}

function bySource(sent: readonly Shown[]): Said[] {
  const all = new Map<string, Said>();
  for (const message of sent) {
    const key = keyOf(message);
    const said = all.get(key) ?? { key, source: message.source, messages: [] };
    said.messages.push(message);
    all.set(key, said);
  }
  return [...all.values()];
}

/** A message's id is that of what said it, and the line. */
const keyOf = ({ id }: SentMessage): string => id.replace(/-\d+$/, "");

const isLost = ({ state }: Task, { fate }: SentMessage): boolean =>
  fate === "dead" || (fate === undefined && state.name === "settled");

function reactionToSaid(task: Task, messages: readonly SentMessage[]): Reaction {
  if (messages.some((message) => isLost(task, message))) return "confused";
  return messages.every(({ fate }) => fate === "delivered") ? "rocket" : "eyes";
}

async function showReaction(deps: ShowDeps, { task, hints, look }: Showing, { key, source }: Said): Promise<void> {
  const { spec } = task;
  const { messages } = deps.store;
  const wanted = async () => {
    const now = (await deps.store.read(spec.id)) ?? task;
    return reactionToSaid(
      now,
      (await messages.sent(spec.id)).filter((each) => keyOf(each) === key),
    );
  };
  const before = hints.said?.[key];
  if (!look && before?.reaction === (await wanted())) return;
  const octokit = await deps.github.forInstallation(spec.installationId);
  let id = before?.id;
  const reaction = await untilAgreed(wanted, async (content) => {
    const known = { known: id, look: look || (before !== undefined && id === undefined) };
    id = await reactTo(octokit, threadOf(spec).repository, source, { content, before: known });
  });
  if (reaction === undefined) return;
  hints.said = { ...hints.said, [key]: { reaction, ...(id !== undefined && { id }) } };
  await deps.store.remember(spec.id, hints);
}

/** Once for what said them. */
async function tellUndelivered(deps: ShowDeps, { task, hints, look }: Showing, { key, messages }: Said): Promise<void> {
  const { spec } = task;
  const [lost] = messages.filter((message) => isLost(task, message));
  if (!lost || hints.undelivered?.includes(key)) return;
  const { installationId } = spec;
  const { by, number, under, at: since } = lost;
  const moved = spec.movedTo && number === spec.number ? spec.movedTo : undefined;
  const place = { repository: moved?.repository ?? spec.repository, number: moved?.number ?? number };
  const body = lost.fate === "dead" ? words.givenUp(by, spec.id) : words.notDelivered(by, spec.id);
  const reply = { ...place, installationId, under, since, key: `undelivered ${spec.id} ${key}`, body };
  await ensureReply({ ...deps, abandoned: look }, reply);
  hints.undelivered = [...(hints.undelivered ?? []), key];
  await deps.store.remember(spec.id, hints);
}
