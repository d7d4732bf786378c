/**
 * Waits for the answer to a question, for as long as one call may take, and says what the agent reads then. Whoever does nothing but
 * wait has its turn ended: its task waits without it.
 */
import { isOpen, type Question, questionOf } from "../../src/task/question.ts";
import { answerText, noteTold } from "../run/answers.ts";
import type { Run, Shared } from "../run/run.ts";
import { Refused } from "./tool.ts";

/** Below the shortest time that a program gives one call, ms. */
const CALL_MS = 45_000;
/** How often the record is read though nothing was heard of it, ms. */
const LOOK_MS = 5_000;
/** So long an agent may do nothing but wait, ms; a pause between two calls that is shorter than this is waiting as well. */
const IDLE_MS = 3 * 60_000;
const PAUSE_MS = 30_000;

export async function awaitAnswer(shared: Shared, run: Run, id: string, signal: AbortSignal): Promise<string> {
  const until = Date.now() + CALL_MS;
  const idle = beginIdling(run);
  for (;;) {
    const changed = run.changes.next(Math.min(LOOK_MS, until - Date.now()), signal);
    const question = await readQuestion(shared, run, id);
    if (!isOpen(question)) return told(run, question);
    if (Date.now() >= until) break;
    await changed;
    signal.throwIfAborted();
  }
  idle.endedAt = Date.now();
  if (idle.endedAt - idle.since < IDLE_MS) return pending(id);
  run.turn.end();
  return `Nobody has answered question ${id} yet. End your turn now: you are asked again, in this session, with the answer.`;
}

async function readQuestion({ store }: Shared, run: Run, id: string): Promise<Question> {
  const task = await store.read(run.task.spec.id);
  const question = task && questionOf(task, id);
  if (task && !question) throw new Refused(`You have asked no question ${id}. \`ask\` says what a question is called.`);
  if (!question)
    throw new Refused("The answer cannot be looked for right now. Go on with something else, and wait again later.");
  return question;
}

/** Told by this call, however often it is repeated. */
function told(run: Run, question: Question): string {
  run.idle = undefined;
  run.turn.keep();
  noteTold(run.folder, [question]);
  run.folder.save();
  return answerText(question);
}

const pending = (id: string): string =>
  `Pending: nobody has answered question ${id} yet. If there is something else to do, do that first; \`wait\` with "${id}" waits on. Or end your turn: you are asked again, in this session, with the answer.`;

/** One stretch of waiting, over any number of calls that follow each other closely. */
function beginIdling(run: Run) {
  const now = Date.now();
  if (!run.idle || now - run.idle.endedAt > PAUSE_MS) run.idle = { since: now, endedAt: now };
  return run.idle;
}
