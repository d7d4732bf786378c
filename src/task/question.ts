/**
 * What an agent asks a person, and the answer. A question belongs to its task: the same text is the same question, however often and
 * by whichever run it is asked, and it is answered once. Every text in it is somebody's: hostile, bounded here.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { Actor, Task } from "./task.ts";

/** In characters. */
export const MAX_QUESTION = 2_000;
export const MAX_OPTION = 200;
export const MAX_ANSWER = 4_000;
export const MAX_OPTIONS = 9;
/** Of one task; and of those so many without an answer at a time. */
export const MAX_QUESTIONS = 10;
export const MAX_OPEN_QUESTIONS = 2;

const answerShape = z.looseObject({
  text: z.string(),
  /** None: the operator. */
  by: z.looseObject({ id: z.number(), login: z.string() }).optional(),
  /** Unix ms. */
  at: z.number(),
});

export const questionShape = z.looseObject({
  id: z.string(),
  text: z.string(),
  options: z.array(z.string()).optional(),
  /** Of the run that asked first. */
  epoch: z.number(),
  /** Unix ms. */
  askedAt: z.number(),
  answer: answerShape.optional(),
  /** Nobody answered in time, and the agent went on without. */
  over: z.enum(["deadline"]).optional(),
});

export type Answer = { text: string; by?: Actor; at: number };
export type Question = {
  id: string;
  text: string;
  options?: string[];
  epoch: number;
  askedAt: number;
  answer?: Answer;
  over?: "deadline";
};

type Asking = Pick<Task, "questions">;

/** `q` and six hexadecimal digits: short enough to be typed. */
export function questionId(taskId: string, text: string): string {
  return `q${createHash("sha256").update(`${taskId}|${text}`).digest("hex").slice(0, 6)}`;
}

export const isOpen = ({ answer, over }: Question): boolean => answer === undefined && over === undefined;

/** Oldest first. Of a task that is over nothing is open. */
export const openQuestions = ({ questions = [], state }: Asking & Pick<Task, "state">): Question[] =>
  state.name === "settled" ? [] : questions.filter(isOpen);

export const questionOf = ({ questions = [] }: Asking, id: string): Question | undefined =>
  questions.find((question) => question.id === id);

/** Undefined when it is asked already, or too much is. */
export function withQuestion(task: Task, question: Question): Task | undefined {
  const { questions = [] } = task;
  if (questionOf(task, question.id) || questions.length >= MAX_QUESTIONS) return undefined;
  if (questions.filter(isOpen).length >= MAX_OPEN_QUESTIONS) return undefined;
  return { ...task, questions: [...questions, question] };
}

/** Undefined when there is nothing to answer: the first answer counts. */
export function withAnswer(task: Task, id: string, answer: Answer): Task | undefined {
  const question = questionOf(task, id);
  if (!question || !isOpen(question)) return undefined;
  return { ...task, questions: replaced(task, { ...question, answer }) };
}

/** Those of them without an answer are over. */
export function withoutAnswers(task: Task, ids: readonly string[]): Pick<Task, "questions"> {
  const late = (task.questions ?? []).filter((question) => ids.includes(question.id) && isOpen(question));
  if (late.length === 0) return {};
  const questions = (task.questions ?? []).map((each) =>
    late.includes(each) ? { ...each, over: "deadline" as const } : each,
  );
  return { questions };
}

const replaced = ({ questions = [] }: Asking, next: Question): Question[] =>
  questions.map((each) => (each.id === next.id ? next : each));
