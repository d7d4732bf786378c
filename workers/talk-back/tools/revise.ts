/**
 * The manager of a team hands in what is to change in its plan. Carried out at once or refused as a whole, in words for a model; the same once
 * more changes nothing, as where the host died before it had noted the answer down.
 */
import { type Revised, type Revising, revise, revisionSchema } from "../../../src/task/revise-plan.ts";
import { roleFacts } from "../../run/check-plan.ts";
import { Refused, type TalkRun, tool } from "../tool.ts";

export const revision = tool({
  name: "plan",
  description:
    "Hand in what is to change in the team's plan: nodes to try again, to leave out, to replace or to add, or its end. All of it is carried out, or none and you are told why. What is merged stays merged. This does not end your turn.",
  input: revisionSchema,
  isFor: ({ run }) => run.folder.record.team?.stage === "managing",
  call: async (talk, input) => await carryOut(talk, (plan, revising) => revise(plan, input, revising)),
});

type Change = (plan: Parameters<typeof revise>[0], revising: Revising) => Revised;

export async function carryOut({ shared, run }: TalkRun, change: Change): Promise<string> {
  const { id } = run.task.spec;
  const now = Date.now();
  const revising = { now, roles: roleFacts(shared.operator.roles) };
  let revised: Revised | undefined;
  const made = await shared.store.plans
    .change(
      id,
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
  run.log.info({ plan: id, revision: made.record.revision, kind: revised.kind }, "the plan is revised");
  return revised.kind === "same" ? "That is so already." : `Done: the plan is at revision ${made.record.revision}.`;
}
