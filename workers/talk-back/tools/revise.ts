/**
 * The manager of a team hands in what is to change in its plan. Carried out at once or refused as a whole, in words for a model; the same once
 * more changes nothing, as where the host died before it had noted the answer down.
 */
import { z } from "zod";
import { MAX_ANSWER } from "../../../src/task/question.ts";
import { type Revised, type Revising, revise, revisionSchema } from "../../../src/task/revise-plan.ts";
import { answerNode } from "../../run/answer-node.ts";
import { choicesHere, roleFacts, serverNames } from "../../run/check-plan.ts";
import { Refused, type TalkRun, tool } from "../tool.ts";

const MOST_ANSWERS = 10;

const input = z.object({
  ...revisionSchema.shape,
  answers: z
    .array(
      z.object({
        question: z.string().trim().min(1).max(20).describe("Its name, as you were told it"),
        text: z.string().trim().min(1).max(MAX_ANSWER).describe("What its agent is to go by"),
      }),
    )
    .max(MOST_ANSWERS)
    .optional()
    .describe("Answers to what nodes asked you, and to what keeps them from going on"),
});

/** Given by itself: it stands also where the rest of the call is refused. */
async function answer({ shared, run }: TalkRun, given: { question: string; text: string }): Promise<string> {
  const made = await answerNode(shared, run, given).catch((error: unknown) => {
    run.log.warn({ err: error }, "the manager's answer could not be recorded");
    throw new Refused("Answers cannot be passed on right now. Try again later.");
  });
  if (made.kind === "answered") return `${given.question} is answered: ${made.node} goes on.`;
  const open = made.open.length === 0 ? "Nothing waits for an answer." : `What waits for one: ${made.open.join(", ")}.`;
  return `${given.question} waits for no answer any more, or never did. ${open}`;
}

export const revision = tool({
  name: "plan",
  description:
    "Hand in what is to change in the team's plan: answers to what its nodes asked; nodes to try again, to leave out, to replace or to add; or its end. All of it is carried out, or none and you are told why. What is merged stays merged. This does not end your turn.",
  input,
  isFor: ({ run }) => run.folder.record.team?.stage === "managing",
  async call(talk, { answers = [], ...wished }) {
    const answered: string[] = [];
    for (const each of answers) answered.push(await answer(talk, each));
    const isWished = Object.values(wished).some((each) => each !== undefined);
    if (!isWished && answers.length > 0) return answered.join("\n");
    return [...answered, await carryOut(talk, (plan, revising) => revise(plan, wished, revising))].join("\n");
  },
});

type Change = (plan: Parameters<typeof revise>[0], revising: Revising) => Revised;

export async function carryOut({ shared, run }: TalkRun, change: Change): Promise<string> {
  const now = Date.now();
  const { operator } = shared;
  const { spec } = run.task;
  const revising = {
    ...{ now, roles: roleFacts(operator, spec), choicesOf: choicesHere(operator, spec) },
    servers: serverNames(run),
  };
  let revised: Revised | undefined;
  const made = await shared.store.plans
    .change(
      spec.id,
      (plan) => {
        revised = change(plan, revising);
        return revised.kind === "revised" ? revised.plan : undefined;
      },
      now,
    )
    .catch((error: unknown) => void run.log.warn({ err: error }, "a revision of the plan could not be recorded"));
  if (made?.kind !== "known" || !revised) throw new Refused("The plan cannot be changed right now. Try again later.");
  if (revised.kind === "refused")
    throw new Refused(
      ["Nothing was changed. What is wrong:", ...revised.problems.map((each) => `- ${each}`)].join("\n"),
    );
  run.log.info({ plan: spec.id, revision: made.record.revision, kind: revised.kind }, "the plan is revised");
  return revised.kind === "same" ? "That is so already." : `Done: the plan is at revision ${made.record.revision}.`;
}
