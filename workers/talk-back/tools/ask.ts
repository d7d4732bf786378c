/** The agent asks a person. The same words are the same question, however often they are asked: it is answered from the record. */
import { z } from "zod";
import {
  MAX_OPEN_QUESTIONS,
  MAX_OPTION,
  MAX_OPTIONS,
  MAX_QUESTION,
  MAX_QUESTIONS,
  openQuestions,
  type Question,
  questionId,
  questionOf,
} from "../../../src/task/question.ts";
import { noteAsked } from "../../run/answers.ts";
import type { Run, Shared } from "../../run/run.ts";
import { awaitAnswer } from "../await-answer.ts";
import { Refused, tool } from "../tool.ts";

const NOT_NOW = "Your question cannot be asked right now. Go on without the answer, or ask again later.";

export const ask = tool({
  name: "ask",
  description: `Ask the people whose work this is one question that you cannot decide yourself. They read it on GitHub, without having seen your work, so say what you ask about; name the choices as options where there are some. The answer may take hours: if it is pending, do something else, call wait, or end your turn; you are asked again, in this session, with the answer. At most ${MAX_QUESTIONS} questions for a task, ${MAX_OPEN_QUESTIONS} at a time.`,
  input: z.object({
    question: z.string().trim().min(1).max(MAX_QUESTION).describe(`At most ${MAX_QUESTION} characters`),
    options: z
      .array(z.string().trim().min(1).max(MAX_OPTION))
      .max(MAX_OPTIONS)
      .optional()
      .describe("The answers to choose from, if there are some; another answer may be given all the same"),
  }),
  async call({ shared, run }, { question: text, options }, signal) {
    if (!/[\p{L}\p{N}]/u.test(text)) throw new Refused("That is no question: say in words what you want to know.");
    const id = questionId(run.task.spec.id, text);
    await record(shared, run, { id, text, ...(options?.length && { options }) });
    noteAsked(run.folder, id);
    return await awaitAnswer(shared, run, id, signal);
  },
});

async function record(shared: Shared, run: Run, asked: Pick<Question, "id" | "text" | "options">): Promise<void> {
  const { epoch } = run.folder.record;
  const task = await shared.store.read(run.task.spec.id).catch(() => undefined);
  if (!task) throw new Refused(NOT_NOW);
  if (questionOf(task, asked.id)) return;
  if (openQuestions(task).length >= MAX_OPEN_QUESTIONS)
    throw new Refused(
      `You have ${MAX_OPEN_QUESTIONS} questions that nobody has answered yet. Wait for an answer (\`wait\`), or end your turn.`,
    );
  if ((task.questions ?? []).length >= MAX_QUESTIONS)
    throw new Refused(`You have asked ${MAX_QUESTIONS} questions, and more is not possible. Decide yourself.`);
  const at = Date.now();
  const question = { ...asked, epoch, askedAt: at };
  const recorded = await shared.store
    .advance(run.task.spec.id, { name: "asked", epoch, question, at })
    .catch((error: unknown) => void run.log.warn({ err: error }, "a question of the agent could not be recorded"));
  if (!recorded) throw new Refused(NOT_NOW);
  run.log.info({ question: asked.id }, "the agent asks a question");
}
