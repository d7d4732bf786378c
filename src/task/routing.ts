/**
 * Which agent a task is given where nobody has named one: what its repository lets be chosen, and how a choice was made. The choice stands in
 * the task's record, with all that it was made of, so that it can be explained and made again.
 */
import { z } from "zod";

/** `advise`: the choice is only told, and the task goes where it would go anyway. */
export const ROUTING_MODES = ["advise", "route"] as const;
export type RoutingMode = (typeof ROUTING_MODES)[number];

/** Who may work on a task: an agent, with the model that it is told to use; without one with its operator's. */
export type Arm = { agent: string; model?: string };

/** What the repository's file wishes, narrowed by the operator. JSON. */
export type RoutingRules = {
  mode: RoutingMode;
  /** Which share of its tasks may go elsewhere than to whoever is best so far, 0 to 1. */
  explore: number;
  /** The agents among which is chosen, each with its operator's model; none: all that hosts offer. */
  agents?: string[];
  /** Beside these: agents with a model that they are told. */
  models?: Required<Arm>[];
  /** Agents whose tasks cost more than that, as far as is known, are not chosen. */
  maxCostUsd?: number;
};

/** Where numbers were taken from instead of this kind of work in this repository; `default`: nowhere, it was not chosen. */
export const FALLBACKS = ["all_repositories", "all_kinds", "default"] as const;
/** Why it was not chosen by numbers. */
const NOT_CHOSEN = ["no_history", "not_enough", "too_costly", "one_agent"] as const;

/** Of an arm, by the name of its agent, with the version that its program has now, as far as that is known: its tasks of that kind, those that were merged, and what one that is merged costs; `draw`: what it may cost, as drawn. */
const candidateShape = z.object({
  arm: z.string(),
  model: z.string().optional(),
  version: z.string().optional(),
  n: z.number(),
  merged: z.number(),
  costPerMerged: z.number().optional(),
  draw: z.number().optional(),
});
export type Candidate = z.output<typeof candidateShape>;

export const routingShape = z.object({
  mode: z.enum(ROUTING_MODES),
  /** Kind and size of the work. */
  class: z.string(),
  candidates: z.array(candidateShape),
  /** The agent; none: the default is as good as any. */
  chosen: z.string().optional(),
  /** That it is told to use; none: its operator's. */
  model: z.string().optional(),
  /** Another one than the best so far, to learn more of it. */
  explored: z.literal(true).optional(),
  seed: z.string(),
  fellBackTo: z.enum(FALLBACKS).optional(),
  because: z.enum(NOT_CHOSEN).optional(),
});
export type Routing = z.output<typeof routingShape>;

/** The model that an agent is told to use because it was chosen with it; undefined where that was not so. */
export const routedModel = (routing: Routing | undefined, agent: string): string | undefined =>
  routing?.mode === "route" && routing.chosen === agent ? routing.model : undefined;
