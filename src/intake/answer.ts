/**
 * `answer`: what a person says to the question of an agent. The first answer counts; the same command again finds its own. Which question
 * is meant: the one whose name comes first, or one of the task whose id comes first, or the only one that is open here.
 */
import type { Command } from "../command/command.ts";
import { withDetails } from "../command/details.ts";
import { withoutName } from "../command/worded.ts";
import {
  type Answer,
  isForPerson,
  isOpen,
  MAX_ANSWER,
  openQuestions,
  type Question,
  questionNamed,
} from "../task/question.ts";
import type { TaskStore } from "../task/store.ts";
import type { Task } from "../task/task.ts";
import { ofOpenTeams, withNodeTasks } from "../task/team-tasks.ts";
import * as words from "../words/question-words.ts";
import type { AcceptDeps } from "./accept.ts";
import type { CarriedOut } from "./carried-out.ts";
import { foundHere, isNameOf } from "./named-tasks.ts";
import { commandNameOf, type Request } from "./request.ts";
import type { Find } from "./target.ts";

type AnswerCommand = Extract<Command, { kind: "answer" }>;
type Asked = { task: Task; question: Question };
type Meant = Asked & { text: string };

export async function answerQuestion(
  { store, dispatcher, now }: AcceptDeps,
  request: Request,
  command: AnswerCommand,
  find: Find,
): Promise<CarriedOut> {
  const key = commandNameOf(request, command.line);
  const asked = await askedHere(store, request, find);
  const own = asked.find(({ question }) => question.answer?.key === key);
  if (own) return await passOn(dispatcher, own.task);
  const meant = meantBy(asked, command);
  if ("say" in meant) return { done: false, say: meant.say };
  const { task, question, text } = meant;
  const chosen = textOf(question, text, command);
  if ("say" in chosen) return { done: false, say: chosen.say };
  const { actor } = request;
  const answer: Answer = { text: chosen.text, ...(actor && { by: actor }), at: now(), key };
  const made = await store.change(task.spec.id, { name: "answered", question: question.id, answer, at: now() });
  if (made.kind !== "known") throw new Error(`the record of the task ${task.spec.id} is ${made.kind}`);
  if (!made.changed) return { done: false, say: tooLate(made.record, question.id), tasks: [task.spec.id] };
  return await passOn(dispatcher, made.record);
}

/** Its task is looked at at once: it may wait for just this. */
async function passOn(dispatcher: AcceptDeps["dispatcher"], task: Task): Promise<CarriedOut> {
  await dispatcher.ensure(task);
  return { done: true, tasks: [task.spec.id] };
}

/** All that was asked by agents that work here, oldest first; on an issue also by those on the pull requests that came of it. */
async function askedHere(store: TaskStore, request: Request, find: Find): Promise<Asked[]> {
  const { repository, number } = request;
  const here = store.idsOfConversation(repository.id, { conversation: number, number });
  return (await foundHere(store, request, find, (ids) => askedIn(store, ids), here)) ?? [];
}

/** Undefined where nothing was. Agents of a team's nodes ask here, too, though nothing of their own tasks is shown. */
async function askedIn(store: TaskStore, ids: readonly string[]): Promise<Asked[] | undefined> {
  const tasks = await withNodeTasks(store, await store.readMany(ids), ofOpenTeams);
  const asked = tasks.flatMap((task) => (task.questions ?? []).map((question) => ({ task, question })));
  return asked.length > 0 ? asked : undefined;
}

const isWaiting = ({ task, question }: Asked): boolean => openQuestions(task).includes(question);

function meantBy(asked: readonly Asked[], { words: said, task: name }: AnswerCommand): Meant | { say: string } {
  const called = questionNamed(said);
  const named = called && asked.find(({ question }) => question.id === called);
  if (named)
    return isWaiting(named) ? { ...named, text: withoutName(said) } : { say: tooLate(named.task, named.question.id) };
  const ofTask = name === undefined ? [] : asked.filter(({ task }) => isNameOf(name, task.spec.id));
  const text = ofTask.length > 0 ? withoutName(said) : said;
  const among = ofTask.length > 0 ? ofTask : asked;
  const open = forPeople(among.filter(isWaiting));
  const [one] = open;
  if (one && open.length === 1) return { ...one, text };
  if (one) return { say: words.whichQuestion(open.map(({ question, task }) => ({ question, task: task.spec.id }))) };
  const last = among.at(-1);
  return { say: last ? tooLate(last.task, last.question.id) : words.nobodyAsks() };
}

/** What the manager of a team is to answer is meant only where nobody else is asked anything, or by its name. */
function forPeople(open: readonly Asked[]): readonly Asked[] {
  const theirs = open.filter(({ question }) => isForPerson(question));
  return theirs.length > 0 ? theirs : open;
}

function tooLate(task: Task, id: string): string {
  const question = task.questions?.find((each) => each.id === id);
  return question && !isOpen(question) ? words.questionIsOver(question) : words.taskIsOver(task.spec.id);
}

/** The option, where a number is all that is said. */
function textOf(question: Question, said: string, command: AnswerCommand): { text: string } | { say: string } {
  const text = withDetails(said, command);
  if (text === "") return { say: words.emptyAnswer(question.id) };
  if (text.length > MAX_ANSWER) return { say: words.answerTooLong(text.length, MAX_ANSWER) };
  const number = numberIn(text);
  if (number === undefined || !question.options?.length) return { text };
  const option = question.options[number - 1];
  return option === undefined ? { say: words.noSuchOption(question, number) } : { text: option };
}

function numberIn(text: string): number | undefined {
  const [, digits] = /^#?(\d{1,2})[.):]?$/.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits);
}
