/**
 * The manager of a team asks for one node more. Nobody starts an agent by that: the plan takes the node or refuses it, by the same rules as any
 * revision, and what may start is started by whoever dispatches.
 */
import { z } from "zod";
import { nodeSchema, PLAN_LIMITS } from "../../../src/task/plan-proposal.ts";
import { delegate as delegated } from "../../../src/task/revise-plan.ts";
import { cut } from "../../../src/text/bound.ts";
import { tool } from "../tool.ts";
import { carryOut } from "./revise.ts";

const WHY = 500;

export const delegate = tool({
  name: "delegate",
  description:
    "Ask for another node of the team's plan, for work that is not yours and has to be done. It is taken or refused at once; it does not begin before those that it stands behind are merged. You hear no result: what it makes is merged like anything else.",
  input: z.object({
    ...nodeSchema.pick({
      id: true,
      title: true,
      instruction: true,
      role: true,
      scope: true,
      reads: true,
      deliverable: true,
      check: true,
      servers: true,
    }).shape,
    after: z.array(z.string().max(PLAN_LIMITS.id)).max(PLAN_LIMITS.after).optional().describe("Nodes it builds on"),
    why: z.string().trim().min(1).max(WHY).describe("Why it has to be done, and why not by you"),
  }),
  isFor: ({ run: { folder } }) => folder.record.team?.stage === "managing",
  async call(talk, { why, after = [], ...wished }) {
    const instruction = cut(`${wished.instruction}\n\nWhy: ${why}`, PLAN_LIMITS.instruction);
    const wish = nodeSchema.parse({ ...wished, instruction, after });
    return await carryOut(talk, (plan, revising) => delegated(plan, wish, revising));
  },
});
