/**
 * The manager of a team hands in what is to change in its plan. Carried out at once or refused as a whole, in words for a model, or kept until a
 * person has decided, where it goes beyond what was approved; the same once more changes nothing, as where the host died before it had noted the
 * answer down.
 */
import { z } from "zod";
import { exceedsReasons } from "../../../src/task/exceeds-reasons.ts";
import { MAX_ANSWER } from "../../../src/task/question.ts";
import { type Revised, type Revising, revise } from "../../../src/task/revise-plan.ts";
import { revisionSchema } from "../../../src/task/revision.ts";
import { inTerminal } from "../../../src/text/quote.ts";
import { answerNode } from "../../run/answer-node.ts";
import { choicesHere, fundsHere, roleFacts, serverNames } from "../../run/check-plan.ts";
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
    "Hand in what is to change in the team's plan: answers to what its nodes asked; nodes to try again, to leave out, to replace or to add; or its end. All of it is carried out, or none and you are told why; what goes beyond what was approved waits for a person first. What is merged stays merged. This does not end your turn.",
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

const LATER = "The plan cannot be changed right now. Try again later.";
const DAY_MS = 24 * 3600_000;

const waitsForPerson = ({ name, exceeds }: Extract<Revised, { kind: "asked" }>): string =>
  [
    `Nothing is changed yet. It goes beyond what was approved, so a person is asked about it as a whole (${name}):`,
    ...exceedsReasons(exceeds, inTerminal).map((each) => `- ${each}`),
    "What does not depend on it goes on. Should you hand in another change, that takes its place: repeat in it what is still wanted. You are called again where it is not approved.",
  ].join("\n");

type Change = (plan: Parameters<typeof revise>[0], revising: Revising) => Revised;

export async function carryOut({ shared, run }: TalkRun, change: Change): Promise<string> {
  const now = Date.now();
  const { operator } = shared;
  const { spec } = run.task;
  const funds = await fundsHere(shared, spec, now).catch((error: unknown) => {
    run.log.warn({ err: error }, "it is not known what a plan may still use");
    throw new Refused(LATER);
  });
  const revising = {
    ...{ now, roles: roleFacts(operator, spec), choicesOf: choicesHere(operator, spec) },
    ...{ servers: serverNames(run), funds },
    askUntil: now + operator.limits.approvalDays * DAY_MS,
  };
  let revised: Revised | undefined;
  const made = await shared.store.plans
    .change(
      spec.id,
      (plan) => {
        revised = change(plan, revising);
        return "plan" in revised ? revised.plan : undefined;
      },
      now,
    )
    .catch((error: unknown) => void run.log.warn({ err: error }, "a revision of the plan could not be recorded"));
  if (made?.kind !== "known" || !revised) throw new Refused(LATER);
  if (revised.kind === "refused")
    throw new Refused(
      ["Nothing was changed. What is wrong:", ...revised.problems.map((each) => `- ${each}`)].join("\n"),
    );
  run.log.info({ plan: spec.id, revision: made.record.revision, kind: revised.kind }, "the plan is revised");
  if (revised.kind === "asked") return waitsForPerson(revised);
  return revised.kind === "same" ? "That is so already." : `Done: the plan is at revision ${made.record.revision}.`;
}
