/**
 * A revision that goes beyond what was approved, as a plan's record keeps it: nothing of it is carried out before a person has said so. Its name is
 * made of every word of it, of the plan and of what it goes beyond: who approves it approves just that. Times are Unix ms.
 */
import { z } from "zod";
import { amountsShape } from "./envelope.ts";
import { revisionShape } from "./revision.ts";

/** Where it goes beyond what was approved. */
export const exceedsShape = z.object({
  /** It would have so many nodes; without a person's word it may have `most`. */
  nodes: z.object({ would: z.int(), most: z.int() }).optional(),
  /** Globs of files which no node of the plan might change so far. */
  scopes: z.array(z.string()).optional(),
  /** Names of roles, and of servers, that no node of the plan had so far. */
  roles: z.array(z.string()).optional(),
  servers: z.array(z.string()).optional(),
  /** What the whole plan would have to be given, in all units in which it is limited: of at least one too little is left. */
  budget: amountsShape.optional(),
  /** It would be more than what the repository lets begin without a person's word. */
  small: z.literal(true).optional(),
  /** It goes beyond nothing: this node could not be done, and its plan says that a person decides whether it is tried once more. */
  stopped: z.object({ node: z.string(), why: z.string() }).optional(),
});
export type Exceeds = z.output<typeof exceedsShape>;

const by = { by: z.looseObject({ id: z.number(), login: z.string() }).optional(), at: z.number() };

const decisionShape = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("approved"), ...by }),
  /** The manager is to think again. */
  z.object({ kind: z.literal("change"), text: z.string(), ...by }),
  /** It was approved when the plan had become another one. */
  z.object({ kind: z.literal("outdated"), ...by }),
  /** Nobody said anything in time. */
  z.object({ kind: z.literal("lapsed"), at: z.number() }),
]);

export const askedShape = z.object({
  name: z.string(),
  revision: revisionShape,
  /** As which revision of the plan it was made. */
  of: z.int(),
  exceeds: exceedsShape,
  /** Which agents its new nodes may be given to, by role. */
  choices: z.record(z.string(), z.array(z.object({ agent: z.string().optional(), model: z.string().optional() }))),
  at: z.number(),
  until: z.number(),
  decision: decisionShape.optional(),
});
export type AskedRevision = z.output<typeof askedShape>;
