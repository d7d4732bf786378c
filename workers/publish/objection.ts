/**
 * Why a change cannot be published as it is: in a sentence for the person who asked, and as what the agent can do about it. An
 * agent is told its objections as it is told of a failing check.
 */
import { z } from "zod";
import { count } from "../../src/text/amounts.ts";

export const objectionSchema = z.object({
  /** For the person. */
  reason: z.string(),
  /** For the agent; none where it is not the agent's to mend. */
  remedy: z.string().optional(),
  /** It may be meant so: whoever was told of it once, and leaves it, is not stopped. */
  mayBeMeant: z.literal(true).optional(),
  /** What a node's task ends as when it stands: whoever manages the plan goes by that. */
  as: z.enum(["scope_exceeded", "conflict"]).optional(),
});
export type Objection = z.output<typeof objectionSchema>;

/** All that a sentence can bear. */
const MAX_REASON = 2_000;
const NAMED = 3;

/** `told`: how often the agent was told of objections, the last time included. */
export function reasonOf(objections: readonly Objection[], told: number): string {
  const reasons = objections.map(({ reason }) => reason);
  const times = ["", "once", "twice"][told] ?? `${told} times`;
  if (told > 0) reasons.push(`The agent was asked ${times} to fix this, and did not.`);
  return reasons.join(" ").slice(0, MAX_REASON);
}

/** Hostile names, fit for a sentence: the first ones, and how many there are besides. */
export function named(names: readonly string[]): string {
  const first = names.slice(0, NAMED).map(shownName);
  const rest = names.length - first.length;
  return rest > 0 ? `${first.join(", ")} and ${count(rest, "more", "more")}` : first.join(", ");
}

export function shownName(text: string): string {
  return `\`${text.replace(/[^\x20-\x7e]|[`\\]/g, "?").slice(0, 200)}\``;
}
