/** What an agent's questions make of the end of its turn: it hears the answers that there are, or its task waits for them. */
import { isOpen } from "../../src/task/question.ts";
import type { AnswerReason } from "../../src/task/waiting.ts";
import type { AfterTurn } from "./after-turn.ts";
import { answersPrompt, askedIn, noteTold, untoldOf } from "./answers.ts";
import type { Ground } from "./ground.ts";
import type { Run, Shared } from "./run.ts";
import { untilRedisAnswers } from "./until-redis-answers.ts";

const HOUR_MS = 3600_000;

export async function nextForQuestions(shared: Shared, run: Run, _: Ground): Promise<AfterTurn | undefined> {
  const task = await untilRedisAnswers(run, () => shared.store.read(run.task.spec.id));
  const questions = askedIn(run.folder, task?.questions ?? []);
  const { answersTold: told = [] } = run.folder.record;
  const untold = untoldOf(questions, told);
  if (untold.length > 0) {
    const prompt = answersPrompt(questions, told);
    noteTold(run.folder, untold); // saved with what comes after the turn
    return { kind: "again", prompt };
  }
  const open = questions.filter(isOpen);
  if (open.length === 0) return undefined;
  const { limits, onNoAnswer } = shared.operator;
  const reasons: AnswerReason[] = open.map(({ id, askedAt }) => ({
    for: "answer",
    question: id,
    onNoAnswer,
    until: askedAt + limits.answerHours * HOUR_MS,
  }));
  return { kind: "park", reasons, goOnWith: "answer" };
}
