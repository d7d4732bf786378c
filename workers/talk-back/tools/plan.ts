/**
 * The planner of a team hands in its plan, or says that one agent is enough. Code looks at the plan at once, and answers what is wrong with it
 * in words for a model; what it takes is kept in the run's folder and proposed when the turn ends. The last one that was taken counts.
 */
import { z } from "zod";
import {
  MAX_PLAN_TEXT,
  nodeSchema,
  PLAN_LIMITS,
  type PlanProposal,
  planProposalSchema,
} from "../../../src/task/plan-proposal.ts";
import { MAX_ALONE } from "../../../src/task/proposal.ts";
import { singleReason } from "../../../src/task/single-reason.ts";
import { checkHandedIn } from "../../run/check-plan.ts";
import type { TalkRun } from "../tool.ts";
import { Refused, tool } from "../tool.ts";

export const plan = tool({
  name: "plan",
  description:
    "Hand in the plan for a team: its goal and its nodes. Or say that one agent is enough, by oneAgent alone, with the reason. You are answered what is wrong with the plan; mend it and call again. Called again, it replaces what was handed in before. This does not end your turn.",
  input: z.object({
    oneAgent: z.string().trim().min(1).max(MAX_ALONE).optional().describe("Why one agent is enough; nothing else then"),
    goal: z.string().trim().min(1).max(PLAN_LIMITS.goal).optional().describe("What the whole is to come to"),
    nodes: z.array(nodeSchema).min(1).max(PLAN_LIMITS.nodes).optional(),
  }),
  isFor: ({ run }) => run.folder.record.team?.stage === "planning",
  async call(talk, { oneAgent, goal, nodes }) {
    if (oneAgent !== undefined && !goal && !nodes) return keep(talk, { alone: oneAgent }, ALONE);
    if (oneAgent !== undefined) throw new Refused("Hand in either a plan or `oneAgent`, not both. Nothing was taken.");
    const given = planProposalSchema.safeParse({ goal, nodes });
    if (!given.success) throw new Refused("A plan has a `goal` and `nodes`; or say `oneAgent`. Nothing was taken.");
    const length = JSON.stringify(given.data).length;
    if (length > MAX_PLAN_TEXT)
      throw new Refused(
        `The plan is ${length} characters long, and at most ${MAX_PLAN_TEXT} can be shown to the person who approves it. Say it in fewer words. Nothing was taken.`,
      );
    const { problems, warnings, single } = checkHandedIn(talk, given.data);
    if (problems.length > 0) throw new Refused(["Nothing was taken. What is wrong:", ...listed(problems)].join("\n"));
    if (single) return keep(talk, { alone: singleReason(single) }, notWorthIt(singleReason(single)));
    return keep(talk, { plan: given.data }, taken(given.data, warnings));
  },
});

function keep({ run }: TalkRun, handedIn: { alone: string } | { plan: PlanProposal }, answer: string): string {
  run.folder.record.team = { stage: "planning", ...handedIn };
  run.folder.save();
  return answer;
}

const ALONE = "Noted down: one agent does it. End your turn; you go on with the task itself then.";

const notWorthIt = (why: string): string =>
  `A team is not worth it for this plan: ${why} So one agent does it, unless you hand in another plan. End your turn; you go on with the task itself then.`;

function taken({ nodes }: PlanProposal, warnings: readonly string[]): string {
  const what = `Taken: ${nodes.length} nodes. A person decides about it. Hand in another plan, or end your turn.`;
  return warnings.length === 0 ? what : [`${what} What may be better:`, ...listed(warnings)].join("\n");
}

const listed = (all: readonly string[]): string[] => all.slice(0, 20).map((each) => `- ${each}`);
