/**
 * A plan: the graph of nodes that a team works through for one request. Its record stands beside that of the team's task, whose id it
 * bears, and says of each node what is to be done, what has to be merged before, and how far it is. What a node's current try is doing
 * (runs, questions, limits) stands in the try's own task: a node is worked on by tasks like any other.
 */
import { z } from "zod";
import { amountsShape } from "./envelope.ts";
import { finishShape } from "./finish.ts";

/** In characters, and in entries of each list. */
export const PLAN_LIMITS = {
  goal: 1_500,
  nodes: 40,
  id: 24,
  title: 100,
  instruction: 4_000,
  deliverable: 500,
  check: 500,
  scope: 20,
  glob: 200,
  after: 20,
} as const;

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
  shared: z.boolean().optional().describe("Nodes at the same time may change the same files."),
  deliverable: text(PLAN_LIMITS.deliverable).describe("What is there when it is done."),
  check: text(PLAN_LIMITS.check).describe("The command that shows that it is done."),
  onFailure: onFailureSchema
    .default("retry")
    .describe("retry, skip (others go on without it), or stop (a person decides)."),
  budget: amountsShape.optional(),
});
export type NodeSpec = z.output<typeof nodeSchema>;

/** A plan, as an agent proposes it. */
export const planProposalSchema = z.strictObject({
  goal: text(PLAN_LIMITS.goal),
  nodes: z.array(nodeSchema).min(1).max(PLAN_LIMITS.nodes),
});
export type PlanProposal = z.output<typeof planProposalSchema>;

/** How far a node is. `merged`: its commit stands in the plan's integration ref. Times are Unix ms. */
const nodeStateShape = z.discriminatedUnion("name", [
  z.object({ name: z.literal("waiting") }),
  /** Its current try is a task of its own; the try's number is the count of `tries`. */
  z.object({ name: z.literal("started"), at: z.number() }),
  z.object({ name: z.literal("merged"), at: z.number(), sha: z.string(), finish: finishShape.optional() }),
  z.object({ name: z.literal("failed"), at: z.number(), reason: z.string() }),
  /** `because`: of which node, or in whose words. */
  z.object({ name: z.literal("skipped"), at: z.number(), because: z.string() }),
  z.object({ name: z.literal("cancelled"), at: z.number() }),
  /** A revision put others in its place. */
  z.object({ name: z.literal("superseded"), at: z.number() }),
]);
export type NodeState = z.output<typeof nodeStateShape>;
