/**
 * What an agent asks a person, or the manager of its team, and the answer. A blocker is a question as well: it says why its agent cannot go on,
 * and is answered with what was done about that. What the manager does not answer becomes a person's to answer. A question belongs to its task: the same text is the same question, however often and
 * by whichever run it is asked, and it is answered once. Every text in it is somebody's: hostile, bounded here.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { Task } from "./task.ts";
import type { Actor } from "./task-spec.ts";

/** In characters. */
export const MAX_QUESTION = 2_000;
export const MAX_OPTION = 200;
export const MAX_ANSWER = 4_000;
export const MAX_OPTIONS = 9;
/** Of one task; and of those so many without an answer at a time. */
export const MAX_QUESTIONS = 10;
export const MAX_OPEN_QUESTIONS = 2;

/** Why an agent cannot go on. */
export const BLOCKERS = ["dependency", "conflict", "access", "environment", "scope", "decision", "other"] as const;

/** Of what would resolve it, in characters. */
export const MAX_NEEDS = 1_000;

const answerShape = z.looseObject({
  text: z.string(),
  /** None: the operator, or the manager. */
  by: z.looseObject({ id: z.number(), login: z.string() }).optional(),
  manager: z.literal(true).optional(),
  /** Unix ms. */
  at: z.number(),
  /** The command that gave it: the same again finds its own answer. */
  key: z.string().optional(),
});

export const questionShape = z.looseObject({
  id: z.string(),
  text: z.string(),
  options: z.array(z.string()).optional(),
  blocker: z.looseObject({ kind: z.string(), needs: z.string().optional() }).optional(),
  /** Who is to answer; none: a person. */
  resolver: z.enum(["manager", "person"]).optional(),
  /** Since when that is a person, as the manager could not, Unix ms. */
  referredAt: z.number().optional(),
  /** Of the run that asked first. */
  epoch: z.number(),
  /** Unix ms. */
  askedAt: z.number(),
  answer: answerShape.optional(),
  /** Nobody answered in time, and the agent went on without. */
  over: z.enum(["deadline"]).optional(),
});

export type Answer = { text: string; by?: Actor; manager?: true; at: number; key?: string };
export type Question = {
  id: string;
  text: string;
  options?: string[];
  blocker?: { kind: string; needs?: string };
  resolver?: "manager" | "person";
  referredAt?: number;
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

/** The name of a question with which the text begins, should it; marks of code around it do not count. */
export const questionNamed = (text: string): string | undefined =>
  /^[`'"(]*(q[0-9a-f]{6})(?![0-9a-z])/i.exec(text)?.[1]?.toLowerCase();

export const isOpen = ({ answer, over }: Question): boolean => answer === undefined && over === undefined;

/** Oldest first. Of a task that is over nothing is open. */
export const openQuestions = ({ questions = [], state }: Asking & Pick<Task, "state">): Question[] =>
  state.name === "settled" ? [] : questions.filter(isOpen);

export const questionOf = ({ questions = [] }: Asking, id: string): Question | undefined =>
  questions.find((question) => question.id === id);

/** Whether a person has to answer it. */
export const isForPerson = ({ resolver }: Pick<Question, "resolver">): boolean => resolver !== "manager";

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

/** A person is to answer what the manager has not. Undefined where that is so already, or there is nothing to answer. */
export function withReferral(task: Task, id: string, at: number): Task | undefined {
  const question = questionOf(task, id);
  if (!question || !isOpen(question) || isForPerson(question)) return undefined;
  return { ...task, questions: replaced(task, { ...question, resolver: "person", referredAt: at }) };
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
