/** A change of a plan that goes beyond what was approved, as who is to decide about it is shown it. Pure; every text in it is an agent's, bounded. */
import type { Exceeds } from "../task/asked-shape.ts";
import { openAsked, type Plan } from "../task/plan.ts";
import { PLAN_LIMITS } from "../task/plan-proposal.ts";
import { visibleText } from "../text/clean.ts";
import { bare } from "../text/quote.ts";
import { redact } from "../text/secret-patterns.ts";
import type { NodeView } from "./plan-view.ts";
import { proposedNode } from "./proposed-node.ts";

/** Times are Unix ms. */
export type AskedView = {
  name: string;
  at: number;
  until: number;
  /** Where it goes beyond what was approved. */
  exceeds: Exceeds;
  add: NodeView[];
  retry: { node: string; instruction?: string }[];
  skip: string[];
  replace: string[];
  /** Nothing more would be begun. */
  end: boolean;
};

/** Empty where nobody is to decide anything. */
export function askedView(plan: Pick<Plan, "asked" | "state">): { asked?: AskedView } {
  const open = openAsked(plan);
  if (!open) return {};
  const { name, at, until, exceeds, revision } = open;
  const { add = [], retry = [], skip = [], replace = [], end } = revision;
  return {
    asked: {
      ...{ name: bare(name, 20), at, until, exceeds, end: end !== undefined },
      add: add.map(proposedNode),
      retry: retry.map(({ node, instruction }) => ({
        node: bare(node, 40),
        ...(instruction && { instruction: redact(visibleText(instruction)).slice(0, PLAN_LIMITS.note) }),
      })),
      skip: skip.map((id) => bare(id, 40)),
      replace: replace.map((id) => bare(id, 40)),
    },
  };
}
