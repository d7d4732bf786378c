/**
 * The agent asks a person, or, as one of a team, its manager. The same words are the same question, however often they are asked: it is
 * answered from the record.
 */
import { z } from "zod";
import {
  MAX_OPEN_QUESTIONS,
  MAX_OPTION,
  MAX_OPTIONS,
  MAX_QUESTION,
  MAX_QUESTIONS,
  questionId,
} from "../../../src/task/question.ts";
import { noteAsked } from "../../run/answers.ts";
import { awaitAnswer } from "../await-answer.ts";
import { recordQuestion } from "../record-question.ts";
import { Refused, tool } from "../tool.ts";

export const ask = tool({
  name: "ask",
  description: `Ask the people whose work this is one question that you cannot decide yourself. They read it on GitHub, without having seen your work, so say what you ask about; name the choices as options where there are some. The answer may take hours: if it is pending, do something else, call wait, or end your turn; you are asked again, in this session, with the answer. In a team the manager is asked first, unless \`to\` is person. At most ${MAX_QUESTIONS} questions for a task, ${MAX_OPEN_QUESTIONS} at a time.`,
  input: z.object({
    question: z.string().trim().min(1).max(MAX_QUESTION).describe(`At most ${MAX_QUESTION} characters`),
    options: z
      .array(z.string().trim().min(1).max(MAX_OPTION))
      .max(MAX_OPTIONS)
      .optional()
      .describe("The answers to choose from, if there are some; another answer may be given all the same"),
    to: z
      .enum(["manager", "person"])
      .optional()
      .describe("In a team: whether the manager is to answer (which is so without it), or only a person can"),
  }),
  async call({ shared, run }, { question: text, options, to }, signal) {
    if (!/[\p{L}\p{N}]/u.test(text)) throw new Refused("That is no question: say in words what you want to know.");
    const { id: taskId, node } = run.task.spec;
    if (to === "manager" && !node) throw new Refused("You have no manager: ask a person, or decide yourself.");
    const id = questionId(taskId, text);
    const resolver = node && (to ?? "manager");
    await recordQuestion(shared, run, { id, text, ...(options?.length && { options }), ...(resolver && { resolver }) });
    noteAsked(run.folder, id);
    return await awaitAnswer(shared, run, id, signal);
  },
});
