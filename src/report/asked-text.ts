/**
 * A change of a plan that goes beyond what was approved, in the progress comment: every word of what would be carried out, and why a person is
 * asked. Every text in it is an agent's.
 */
import { exceedsReasons } from "../task/exceeds-reasons.ts";
import { PLAN_LIMITS } from "../task/plan-proposal.ts";
import { blockQuote, code, inMarkdown } from "../text/quote.ts";
import type { PlanView } from "../views/plan-view.ts";
import { askedBecause, changeWords, howToDecideOnChange, meanwhile } from "../words/asked-words.ts";
import { planParts, planTable } from "./plan-text.ts";

/** Nothing where nobody is to decide anything. `how`: with what can be said to it, where nothing else in the comment tells that. */
export function askedChange(view: PlanView, { how = false }: { how?: boolean } = {}): string[] {
  const { asked } = view;
  if (!asked) return [];
  const { name, add, retry, exceeds } = asked;
  const lines = [...exceedsReasons(exceeds, inMarkdown), ...changeWords(asked, inMarkdown)];
  const told = retry.flatMap(({ node, instruction }) =>
    instruction === undefined
      ? []
      : [
          `What the agent of ${code(node, PLAN_LIMITS.id)} would be told:\n\n${blockQuote(instruction, PLAN_LIMITS.note)}`,
        ],
  );
  return [
    `**A change of the plan, ${code(name)}, waits for a word. ${askedBecause(asked)}**`,
    lines.map((line) => `- ${line}`).join("\n"),
    ...(add.length > 0 ? [planTable({ ...view, state: "proposed", nodes: add }), planParts(add)] : []),
    ...told,
    how ? `${meanwhile} ${howToDecideOnChange(name, inMarkdown)}` : meanwhile,
  ];
}
