/** The agent waits for the answer to a question that it has asked. */
import { z } from "zod";
import { awaitAnswer } from "../await-answer.ts";
import { tool } from "../tool.ts";

export const wait = tool({
  name: "wait",
  description:
    "Wait up to 45 seconds for the answer to a question that you asked. Do whatever does not depend on it first. If it stays pending, end your turn: you are asked again, in this session, with the answer.",
  input: z.object({ questionId: z.string().trim().min(1).max(20).describe("As `ask` named it") }),
  call: ({ shared, run }, { questionId }, signal) => awaitAnswer(shared, run, questionId, signal),
});
