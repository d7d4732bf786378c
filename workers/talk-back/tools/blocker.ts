/**
 * The agent says why it cannot go on. Somebody is to resolve that, the manager of its team or a person, and what they say of it comes as the
 * answer to a question does: the turn ends, the task waits without a slot, and the same session goes on.
 */
import { z } from "zod";
import {
  BLOCKERS,
  isOpen,
  MAX_NEEDS,
  MAX_QUESTION,
  type Question,
  questionId,
  questionOf,
} from "../../../src/task/question.ts";
import { answerText, noteAsked, noteTold } from "../../run/answers.ts";
import type { Run, Shared } from "../../run/run.ts";
import { recordQuestion } from "../record-question.ts";
import { Refused, tool } from "../tool.ts";

export const blocker = tool({
  name: "blocker",
  description:
    "Say that you cannot go on, and why: something is missing that you cannot make, may not touch, or cannot decide. In a team its manager sees to it, else a person. Do first whatever does not depend on it, commit that, call this, and end your turn; you are asked again, in this session, when it is resolved. For a mere question there is ask.",
  input: z.object({
    kind: z.enum(BLOCKERS).describe("What it is about"),
    text: z.string().trim().min(1).max(MAX_QUESTION).describe("What keeps you from going on, and what you have tried"),
    needs: z.string().trim().min(1).max(MAX_NEEDS).optional().describe("What would let you go on"),
  }),
  async call({ shared, run }, { kind, text, needs }) {
    if (!/[\p{L}\p{N}]/u.test(text)) throw new Refused("Say in words what keeps you from going on.");
    const { id: taskId, node } = run.task.spec;
    const id = questionId(taskId, text);
    const said = { kind, ...(needs !== undefined && { needs }) };
    await recordQuestion(shared, run, { id, text, blocker: said, ...(node && { resolver: "manager" as const }) });
    noteAsked(run.folder, id);
    const over = await readOver(shared, run, id);
    if (over) return told(run, over);
    return `Noted as blocker ${id}. Commit what stands, and end your turn now: you are asked again, in this session, when it is resolved.`;
  },
});

/** Said before, and resolved since. */
async function readOver({ store }: Shared, run: Run, id: string): Promise<Question | undefined> {
  const task = await store.read(run.task.spec.id).catch(() => undefined);
  const question = task && questionOf(task, id);
  return question && !isOpen(question) ? question : undefined;
}

function told(run: Run, question: Question): string {
  noteTold(run.folder, [question]);
  run.folder.save();
  return answerText(question);
}
