/** A plan as an agent proposes it, which is data that others judge: what each node is to do, and how long any text in it may be. */
import { z } from "zod";
import { amountsShape } from "./envelope.ts";

/** In characters, and in entries of each list. */
export const PLAN_LIMITS = {
  goal: 1_500,
  note: 2_000,
  nodes: 40,
  id: 24,
  title: 100,
  instruction: 4_000,
  deliverable: 500,
  check: 500,
  scope: 20,
  glob: 200,
  after: 20,
  servers: 3,
  reads: 8,
} as const;

/** Of all texts together that a person is to approve: every word of them is shown. In characters. */
export const MAX_PLAN_TEXT = 24_000;

const text = (most: number) => z.string().trim().min(1).max(most);

/** Why a node that could not be done is not the end of all: it is tried again, left out, or a person decides. */
const onFailureSchema = z.enum(["retry", "skip", "stop"]);

/** One node, as an agent proposes it. */
export const nodeSchema = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/)
    .max(PLAN_LIMITS.id)
    .describe("A short name of it, e.g. api-tests."),
  title: text(PLAN_LIMITS.title).describe("What it does, in a few words: the subject of its commit."),
  instruction: text(PLAN_LIMITS.instruction).describe(
    "All that its agent has to know: it sees nothing else of this conversation.",
  ),
  role: z.string().min(1).max(40).describe("The name of the role that works on it."),
  after: z
    .array(z.string().max(PLAN_LIMITS.id))
    .max(PLAN_LIMITS.after)
    .default([])
    .describe("Nodes that have to be merged before."),
  scope: z
    .array(text(PLAN_LIMITS.glob))
    .max(PLAN_LIMITS.scope)
    .describe("What it may change, as globs, e.g. src/api/**. Empty only for a node that changes nothing."),
  reads: z
    .array(text(PLAN_LIMITS.glob))
    .max(PLAN_LIMITS.reads)
    .optional()
    .describe("Files by their paths, also those that nodes before it make: their text is given to its agent."),
  shared: z.boolean().optional().describe("Nodes at the same time may change the same files."),
  deliverable: text(PLAN_LIMITS.deliverable).describe("What is there when it is done."),
  check: text(PLAN_LIMITS.check).describe("The command that shows that it is done."),
  servers: z
    .array(z.string().max(PLAN_LIMITS.id))
    .max(PLAN_LIMITS.servers)
    .optional()
    .describe("The repository's servers that are to run beside its agent, by their names."),
  onFailure: onFailureSchema
    .default("retry")
    .describe(
      "When it cannot be done: retry, skip (others go on without it), or stop (no other try: a person is asked what becomes of it).",
    ),
  budget: amountsShape.optional(),
});
export type NodeSpec = z.output<typeof nodeSchema>;

/** A plan, as an agent proposes it. */
export const planProposalSchema = z.strictObject({
  goal: text(PLAN_LIMITS.goal),
  nodes: z.array(nodeSchema).min(1).max(PLAN_LIMITS.nodes),
});
export type PlanProposal = z.output<typeof planProposalSchema>;

/** A node as records have it, whoever wrote them and whatever the bounds were then. */
export const nodeShape = z.object({
  ...{ id: z.string(), title: z.string(), instruction: z.string(), role: z.string() },
  ...{ after: z.array(z.string()), scope: z.array(z.string()), deliverable: z.string(), check: z.string() },
  reads: z.array(z.string()).optional(),
  shared: z.boolean().optional(),
  servers: z.array(z.string()).optional(),
  onFailure: onFailureSchema,
  budget: amountsShape.optional(),
}) satisfies z.ZodType<NodeSpec>;
/** As it is kept in a proposal. */
export const planProposalShape = z.looseObject({ goal: z.string(), nodes: z.array(nodeShape) });
