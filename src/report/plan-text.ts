/**
 * A team's plan in the progress comment: its graph, a table of its nodes, and what each of them is to do. Every text in it is an agent's:
 * in the graph only letters, digits and a few harmless marks are left of it, elsewhere it has passed through `quote.ts`.
 */
import { PLAN_LIMITS } from "../task/plan-proposal.ts";
import { amountsWords } from "../text/budget.ts";
import { blockQuote, code, inMarkdown, plain } from "../text/quote.ts";
import type { NodeHow, NodeView, PlanView } from "../views/plan-view.ts";
import { ifNotDone, madeSoFar, nodeCost, nodeIcons, nodeWords } from "../words/plan-words.ts";

/** Of what a node is to do, in characters. All of it, unless a comment would be too long. */
const MOST_TOLD = 40_000;
const LABEL = 40;

/** As Mermaid draws it, which GitHub shows as a picture. */
export function planGraph({ nodes }: Pick<PlanView, "nodes">): string {
  const names = new Map(nodes.map(({ id }, index) => [id, `n${index + 1}`]));
  const boxes = nodes.map(
    ({ id, title, role }) => `  ${names.get(id)}["${label(id)}<br/>${label(title)}<br/>${label(role)}"]`,
  );
  const arrows = nodes.flatMap(({ id, after }) =>
    after.flatMap((other) => (names.has(other) ? [`  ${names.get(other)} --> ${names.get(id)}`] : [])),
  );
  const classes = nodes.flatMap(({ id, how }) => (LOOKS[how] ? [`  class ${names.get(id)} ${LOOKS[how]}`] : []));
  return ["```mermaid", "flowchart LR", ...boxes, ...arrows, ...classes, ...CLASSES, "```"].join("\n");
}

/** What is not named looks like a node that nothing has happened to. */
const LOOKS: Partial<Record<NodeHow, string>> = {
  ...{ preparing: "busy", working: "busy", verifying: "busy", merging: "busy" },
  ...{ asks: "held", calls: "held", limited: "held", blocked: "held" },
  ...{ merged: "done", failed: "lost", cancelled: "lost", skipped: "lost", superseded: "lost" },
};
const CLASSES = [
  "  classDef busy fill:#bf8700,color:#fff,stroke:#9a6700",
  "  classDef held fill:#8250df,color:#fff,stroke:#6639ba",
  "  classDef done fill:#1a7f37,color:#fff,stroke:#116329",
  "  classDef lost fill:#6e7781,color:#fff,stroke:#57606a",
];

/** Nothing is left that means anything to Mermaid, to Markdown or to GitHub. */
function label(text: string): string {
  const words = text
    .replace(/[^\p{L}\p{N} ,.()_+-]/gu, " ")
    .replace(/\s+/g, " ")
    .trim();
  return words.length > LABEL ? `${words.slice(0, LABEL - 1).trimEnd()}…` : words || "?";
}

export function planTable(view: PlanView): string {
  const { nodes } = view;
  const columns = view.state === "proposed" ? ["may use"] : ["state", "used"];
  const head = ["node", "role", "may change", "after", ...columns];
  const rows = nodes.map((node) => [
    `${cellCode(node.id, PLAN_LIMITS.id)} ${cell(node.title, PLAN_LIMITS.title)}`,
    cell(node.role, 40),
    node.scope.length === 0 ? "nothing" : node.scope.map((glob) => cellCode(glob, 80)).join(", "),
    node.after.length === 0 ? "" : node.after.map((other) => cellCode(other, PLAN_LIMITS.id)).join(", "),
    ...(view.state === "proposed" ? [mayUse(node)] : [stateCell(node), nodeCost(node) ?? ""]),
  ]);
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

const mayUse = ({ budget }: NodeView): string => (budget ? amountsWords(budget) : "not said");

function stateCell({ how, why, tries, soFar }: NodeView): string {
  const again = tries > 1 ? `, try ${tries}` : "";
  const because = why === undefined ? "" : `: ${cell(why, 120)}`;
  const made = soFar ? ` (${madeSoFar(soFar, (path) => cellCode(path, 80))})` : "";
  return `${nodeIcons[how]} ${nodeWords[how]}${again}${because}${made}`.trim();
}

/** A pipe would end the cell, in code as well. */
const withoutPipes = (text: string): string => text.replaceAll("|", "¦");
const cell = (text: string, chars: number): string => plain(withoutPipes(text), chars);
const cellCode = (text: string, chars: number): string => code(withoutPipes(text), chars);

/** Every word of what is to be approved. */
export function planParts(nodes: readonly NodeView[]): string {
  const most = Math.floor(MOST_TOLD / Math.max(1, nodes.length));
  const parts = nodes.map((node, index) => {
    const otherwise = ifNotDone(node);
    return [
      `**${index + 1}. ${code(node.id, PLAN_LIMITS.id)}: ${plain(node.title, PLAN_LIMITS.title)}**`,
      blockQuote(node.instruction, Math.min(most, PLAN_LIMITS.instruction)),
      [
        `- There when it is done: ${plain(node.deliverable, PLAN_LIMITS.deliverable)}`,
        `- What shows it: ${code(node.check, PLAN_LIMITS.check)}`,
        ...(node.reads.length > 0
          ? [`- Its agent is given to read: ${node.reads.map((path) => code(path, PLAN_LIMITS.glob)).join(", ")}`]
          : []),
        ...(node.servers.length > 0
          ? [`- Beside its agent run: ${node.servers.map((name) => code(name, PLAN_LIMITS.id)).join(", ")}`]
          : []),
        ...(node.shared ? ["- Others may change the same files at the same time."] : []),
        ...(otherwise === undefined ? [] : [`- ${otherwise}`]),
      ].join("\n"),
    ].join("\n\n");
  });
  return ["<details><summary>What each node is to do</summary>", ...parts, "</details>"].join("\n\n");
}

/** What an agent asks, beside which node. */
export function nodeQuestions({ nodes }: Pick<PlanView, "nodes">): string | undefined {
  const asked = nodes.flatMap(({ id, asks }) =>
    asks.map(
      ({ id: question, short }) =>
        `- ${code(id, 40)} asks (question ${inMarkdown.code(question)}): ${plain(short, 300)}`,
    ),
  );
  return asked.length === 0 ? undefined : asked.join("\n");
}
