/**
 * The answers to an agent's questions, as it reads them: each told once, whether by the tool that waits for it, between two turns, or when a
 * parked run goes on. The run's folder remembers which.
 */
import { type Answer, isOpen, type Question } from "../../src/task/question.ts";
import { keepStart, oneLine } from "../../src/text/bound.ts";
import { fenced } from "../../src/text/fenced.ts";
import { told as readable } from "../agents/prompt-said.ts";
import type { RunFolder } from "./run-folder.ts";

/** Of a question that is repeated to its agent, in characters. */
const MAX_RECALLED = 500;

/** Those that are answered, or over, and of which the agent does not know. */
export const untoldOf = (questions: readonly Question[], told: readonly string[] = []): Question[] =>
  questions.filter((question) => !isOpen(question) && !told.includes(question.id));

export function noteAsked({ record, save }: Pick<RunFolder, "record" | "save">, id: string): void {
  if (record.asked?.includes(id)) return;
  record.asked = [...(record.asked ?? []), id];
  save();
}

/** Those of them that the run's agent has asked. */
export const askedIn = ({ record }: Pick<RunFolder, "record">, questions: readonly Question[]): Question[] =>
  questions.filter(({ id }) => record.asked?.includes(id));

/** Saved by whoever tells. */
export function noteTold({ record }: Pick<RunFolder, "record">, questions: readonly Question[]): void {
  record.answersTold = [...new Set([...(record.answersTold ?? []), ...questions.map(({ id }) => id)])];
}

/** The prompt of a turn that begins with them. */
export function answersPrompt(questions: readonly Question[], told: readonly string[]): string {
  const known = untoldOf(questions, told).map(answerText);
  return [
    "You asked, and ended your turn. Your folder is as you left it.",
    "",
    ...known,
    "Go on with what you were asked to do, from where you were.",
    "",
  ].join("\n");
}

/** One question with what came of it. The answer is of a person who may command, or of the manager: an instruction, though quoted. */
export function answerText({ id, text, blocker, answer }: Question): string {
  const what = blocker ? `What kept you from going on (blocker ${id})` : `Your question ${id}`;
  const asked = `${what}:\n\n${fenced(keepStart(readable(text), MAX_RECALLED), "data")}\n`;
  if (!answer)
    return `${asked}\nNobody answered in time. Decide yourself, and say in your last words what you assumed.\n`;
  return `${asked}\n${whoOf(answer)} answers:\n\n${readable(answer.text).replace(/^/gm, "> ")}\n`;
}

function whoOf({ by, manager }: Answer): string {
  if (by) return `@${oneLine(by.login, 100)}, who may write to the repository,`;
  return manager ? "The manager of your team, within what is wanted of you," : "The operator";
}
