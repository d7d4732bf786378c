/**
 * What the agent of a node is told besides what its node is to do: the plan's goal, its own part, what others do. Pure. Goal and parts
 * are texts of agents, of which a person has approved the plan: they say what is to be done and never change the rules.
 */
import type { NodeSpec } from "../../src/task/plan-proposal.ts";
import { keepStart, oneLine } from "../../src/text/bound.ts";
import { type Amounts, writeAmounts } from "../../src/text/budget.ts";
import { fenced } from "../../src/text/fenced.ts";
import { told } from "./prompt-said.ts";
import { quoted } from "./prompt-team.ts";

/** Characters. */
const limits = { goal: 1_500, line: 500, others: 6_000, why: 1_000 };
/** Of each kind. */
const MOST_LISTED = 40;

export type NodePrompt = {
  goal: string;
  node: Pick<NodeSpec, "id" | "title" | "scope" | "shared" | "deliverable" | "check">;
  /** Who else works on the plan, and where. */
  others: readonly (Pick<NodeSpec, "id" | "title" | "scope"> & { state: string })[];
  /** Why there is another try, as the host or the manager says. */
  again?: string | undefined;
  /** What the run may use. */
  budget?: Amounts | undefined;
};

export function nodeInstructions(input: NodePrompt): string {
  const { goal, node, others, again, budget } = input;
  return [
    "# Your part",
    "",
    "What is asked above is one part of a plan, on which a team works, each agent in a folder of its own. You are one worker: do your own part, and",
    "nothing of the others'. Do not start other agents and do not delegate. A person has approved the plan. Its goal:",
    "",
    quoted(goal, limits.goal),
    "",
    `Your part is \`${node.id}\`: ${oneLine(told(node.title), limits.line)}.`,
    "",
    `- What is to be there when you are done: ${oneLine(told(node.deliverable), limits.line)}`,
    `- What shows it: ${oneLine(told(node.check), limits.line)} (run it yourself at the end)`,
    `- ${scopeRule(node)}`,
    ...(budget ? [`- You may use at most ${writeAmounts(budget)}.`] : []),
    "- Hand in with `finish` what you decided and what others can build on: it is all that they hear of your work.",
    "- What you cannot decide you ask (`ask`). What keeps you from going on you report (`blocker`), and end your turn. What another node has to know at once you say to it (`message`).",
    ...(again === undefined
      ? []
      : ["", `It was tried before, and is tried again because:`, "", quoted(again, limits.why)]),
    ...whoElse(others),
    "",
  ].join("\n");
}

function scopeRule({ scope, shared }: NodePrompt["node"]): string {
  if (scope.length === 0) return "You change nothing: your result is what you hand in.";
  const globs = scope.map((glob) => `\`${oneLine(told(glob), 200).replaceAll("`", "'")}\``).join(", ");
  const others = shared ? " Others may change the same files: keep your changes there small." : "";
  return `You may change: ${globs}. A change elsewhere is seen, and may cost your work.${others}`;
}

function whoElse(others: NodePrompt["others"]): string[] {
  if (others.length === 0) return [];
  const lines = others
    .slice(0, MOST_LISTED)
    .map(({ id, title, scope, state }) => oneLine(`${id} (${state}): ${title} [${scope.join(", ")}]`, 300));
  return [
    "",
    "The others, which is theirs to do:",
    "",
    fenced(keepStart(told(lines.join("\n")), limits.others), "data"),
  ];
}
