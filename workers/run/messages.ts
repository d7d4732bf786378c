/**
 * What was said to the run's agent, on its way there: in the prompt of its next turn, or with the result of a call that it makes
 * before. What was given stands in the run's folder until the agent has shown that it has it: its next call came after the result
 * with it had gone out, or the turn ended well. Then it is acknowledged. So whoever takes the run up again gives nothing twice that the
 * agent knows of, and nothing is lost that it does not.
 */
import { inboxOf, type Reader, readerFor } from "../../src/task/inbox.ts";
import { messagesText } from "../agents/prompt-messages.ts";
import type { AfterTurn } from "./after-turn.ts";
import type { Run, Shared } from "./run.ts";
import type { GivenMessage } from "./run-record.ts";
import type { StepName } from "./step/step-name.ts";
import { untilRedisAnswers } from "./until-redis-answers.ts";

/** With one prompt, and with the result of one call: the rest comes with the next. */
const IN_A_PROMPT = 10;
const IN_A_RESULT = 5;

/** Before another turn: its prompt goes on with the messages. */
const YOUR_TURN_WAS_OVER = `You have ended your turn, and something was said to you that you have not seen yet. Your folder is as you left it.
Do what it asks of your task, then end your turn again. If it asks nothing of you, change nothing.
`;

type Again = Extract<AfterTurn, { kind: "again" }>;

const readerOf = ({ folder, task }: Run): Reader => readerFor(task.spec, folder.record.epoch);

/** The next messages as the agent reads them; noted as given, and saved by whoever calls. Undefined when there are none. */
async function takeText({ store }: Shared, run: Run, most: number, call?: string): Promise<string | undefined> {
  const { record } = run.folder;
  const before = record.given ?? [];
  const given = before.map(({ entry }) => entry);
  const found = await store.messages.take(readerOf(run), { given, most, now: Date.now() });
  if (found.length === 0) return undefined;
  const notes = found.map(({ entry, message: { id } }) => ({ entry, id, ...(call !== undefined && { call }) }));
  record.given = [...before, ...notes];
  const { owner, name } = run.task.spec.repository;
  return messagesText(found, `${owner}/${name}`);
}

async function acknowledgeTurn(shared: Shared, run: Run): Promise<void> {
  const { record } = run.folder;
  record.given = record.given?.filter((each) => !isLost(each));
  await acknowledge(shared, run, record.given ?? []);
}

/** The agent has these. What another run has by now is left to that. */
async function acknowledge({ store }: Shared, run: Run, heard: readonly GivenMessage[]): Promise<void> {
  if (heard.length === 0) return;
  await store.messages.acknowledge(readerOf(run), heard, Date.now());
  const { record } = run.folder;
  record.given = (record.given ?? []).filter((each) => !heard.includes(each));
  run.folder.save();
  run.log.info({ messages: heard.map(({ id }) => id) }, "the agent has heard what was said to it");
}

/**
 * Before a turn of the agent begins: what it has not heard becomes part of its prompt (`saidInTurn`). Where Redis does not answer, it is
 * left to the turn's calls and to its end.
 */
export async function bringMessages(shared: Shared, run: Run, name: StepName): Promise<void> {
  const { record } = run.folder;
  const goesOn = record.goesOn === name;
  if (record.said?.step === name || (record.steps.some((step) => step.name === name) && !goesOn)) return;
  try {
    // After a limit there may be the next one, again and again: what is said comes with a call of the agent, or after its turn.
    const text = goesOn ? undefined : await inTurn(run, () => takeText(shared, run, IN_A_PROMPT));
    // A turn that goes on stands in the record already: it has to be known later that it has none.
    if (text === undefined && !goesOn) return;
    record.said = { step: name, text: text ?? "" };
    run.folder.save();
  } catch (error) {
    run.log.warn({ err: error }, "whether something was said to the agent is not known before its turn");
  }
}

/** What the prompt of this turn says of messages, behind everything else. */
export const saidInTurn = ({ folder }: Pick<Run, "folder">, name: StepName): string =>
  folder.record.said?.step === name ? folder.record.said.text : "";

/** A turn ended well: its agent has what it was given. What it has not heard yet gets a turn of its own. */
export async function nextForMessages(shared: Shared, run: Run): Promise<AfterTurn | undefined> {
  await untilRedisAnswers(run, () => inTurn(run, () => acknowledgeTurn(shared, run)));
  const turns = run.folder.record.steps.filter(({ kind }) => kind === "agent").length;
  return await turnFor(shared, run, `agent-${turns + 1}`);
}

/**
 * Right before the work is published, for what was said while it was checked: whether the agent gets another turn after this one.
 * Asked again after a restart, it says the same.
 */
export async function lateMessages(shared: Shared, run: Run, round: number): Promise<string | undefined> {
  const name: StepName = `agent-${round + 1}`;
  if (run.folder.record.steps.some((step) => step.name === name)) return YOUR_TURN_WAS_OVER;
  return (await turnFor(shared, run, name))?.prompt;
}

async function turnFor(shared: Shared, run: Run, name: StepName): Promise<Again | undefined> {
  const { record } = run.folder;
  if (record.said?.step !== name) {
    const text = await untilRedisAnswers(run, () => inTurn(run, () => takeText(shared, run, IN_A_PROMPT)));
    if (text === undefined) return undefined;
    record.said = { step: name, text };
    run.folder.save();
  }
  return { kind: "again", prompt: YOUR_TURN_WAS_OVER };
}

/** The agent makes another call: what went out with the results of earlier ones has reached it. */
export async function hearCall(shared: Shared, run: Run): Promise<void> {
  const isReached = ({ out }: GivenMessage) => out === true;
  if (!run.folder.record.given?.some(isReached)) return;
  await inTurn(run, () => acknowledge(shared, run, (run.folder.record.given ?? []).filter(isReached)));
}

/**
 * What is to go out with the result of this call, as the agent reads it. `isUnderWay`: whether a call is being answered. What was to
 * go out with an answer that came to nothing, as when the host died, is given again.
 */
export async function messagesForCall(
  shared: Shared,
  run: Run,
  call: string,
  isUnderWay: (call: string) => boolean,
): Promise<string | undefined> {
  return await inTurn(run, async () => {
    const { record } = run.folder;
    record.given = record.given?.filter((each) => !isLost(each) || (each.call !== call && isUnderWay(each.call ?? "")));
    const text = await takeText(shared, run, IN_A_RESULT, call);
    if (text !== undefined) run.folder.save();
    return text;
  });
}

/** Whether something was said that the agent was not given yet. */
export async function areMessagesWaiting({ store }: Shared, { folder, task }: Run): Promise<boolean> {
  return (await store.messages.waiting(inboxOf(task.spec))) > (folder.record.given?.length ?? 0);
}

/** The answer to this call is noted down, and goes out. */
export function callIsAnswered({ folder }: Pick<Run, "folder">, call: string): void {
  const given = folder.record.given?.filter((each) => each.call === call) ?? [];
  if (given.length === 0) return;
  for (const each of given) each.out = true;
  folder.save();
}

/** Unless its call is still being answered. */
const isLost = ({ call, out }: GivenMessage): boolean => call !== undefined && !out;

/** Of one run one after the other: two calls at once would both be given the same. */
async function inTurn<T>({ folder }: Run, deed: () => Promise<T>): Promise<T> {
  const before = last.get(folder) ?? Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  last.set(folder, promise);
  await before;
  return await deed().finally(resolve);
}
const last = new WeakMap<object, Promise<void>>();
