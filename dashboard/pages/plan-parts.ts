/** What a plan's page says of its nodes and of the team, beside the graph: tables and lists that say all of it in words. */

import { duration } from "../../src/text/amounts.ts";
import { amountsWords } from "../../src/text/budget.ts";
import type { MessageView } from "../../src/views/messages.ts";
import type { NodeView, PlanView } from "../../src/views/plan-view.ts";
import { ifNotDone, madeSoFar, nodeCost, planEventWords, teamFacts } from "../../src/words/plan-words.ts";
import { spentWords } from "../../src/words/spent-words.ts";
import { planGraph } from "../charts/plan-graph.ts";
import { type Html, type HtmlValue, html } from "../html.ts";
import type { Tier } from "../rows/drawing.ts";
import { dataTable, scrolled } from "./data-table.ts";
import { type Fact, facts } from "./facts.ts";
import { taskPath } from "./links.ts";
import { nodeBadge } from "./node-state.ts";
import { nothing } from "./panel.ts";
import { inPages, sentence } from "./sentence.ts";
import { age, ago, moment } from "./time.ts";

const pathOf = ({ task }: NodeView): string | undefined => task && taskPath(task.id);

export const GRAPH = "plan-graph";
export const NODES = "plan-nodes";
export const MONEY = "plan-money";
export const TIMELINE = "plan-timeline";

/** Each is one element of the id above, so that it can be drawn anew by itself. */
export const graphBlock = ({ nodes }: PlanView): Html => html`<div id="${GRAPH}">${planGraph(nodes, pathOf)}</div>`;

export function nodesBlock({ nodes, state }: PlanView, tier: Tier, now: number, id = NODES): Html {
  const isProposed = state === "proposed";
  const cost = isProposed ? "May use" : "Used";
  return dataTable({
    id,
    columns: [
      { name: "Node" },
      { name: "State" },
      { name: "Role" },
      { name: "May change", look: "mono" },
      { name: "After", look: "mono" },
      ...(tier === "write" ? [{ name: cost, look: "number" as const }] : []),
    ],
    rows: nodes.map((node) => nodeCells(node, { tier, isProposed, now })),
  });
}

type Shown = { tier: Tier; isProposed: boolean; now: number };

function nodeCells(node: NodeView, { tier, isProposed, now }: Shown): HtmlValue[] {
  const { id, title, role, scope, after, shared, budget } = node;
  const path = pathOf(node);
  const cost = isProposed ? (budget ? amountsWords(budget) : "not said") : (nodeCost(node) ?? "–");
  return [
    html`${path ? html`<a class="task-link mono" href="${path}">${id}</a>` : html`<strong class="mono">${id}</strong>`} ${title}${tier === "write" && ordered(node)}`,
    html`${nodeBadge(node)}${stateDetail(node, tier, now)}`,
    role,
    html`${scope.length === 0 ? "nothing" : html`<ul class="globs">${scope.map((glob) => html`<li>${glob}</li>`)}</ul>`}${shared && html`<div class="sub">may be shared</div>`}`,
    after.length === 0 ? "–" : after.join(", "),
    ...(tier === "write" ? [cost] : []),
  ];
}

/** What an agent is asked, what it is given for that, and how it is checked: all of what is to be approved. */
const ordered = (node: NodeView): Html => {
  const { instruction, deliverable, check, reads, servers } = node;
  const otherwise = ifNotDone(node);
  return html`<details><summary>What it is to do</summary><pre class="preformatted">${instruction}</pre>
<p><span class="muted">Brings</span> ${deliverable}</p><p><span class="muted">Checked by</span> <code>${check}</code></p>
${named("Is given to read", reads)}${named("Beside it run", servers)}${otherwise && html`<p>${otherwise}</p>`}</details>`;
};

const named = (what: string, names: readonly string[]): HtmlValue =>
  names.length > 0 &&
  html`<p><span class="muted">${what}</span> ${names.map((name, index) => html`${index > 0 && ", "}<code>${name}</code>`)}</p>`;

function stateDetail({ how, why, task, soFar, asks }: NodeView, tier: Tier, now: number): HtmlValue {
  const lines: HtmlValue[] = [
    task && how !== "merged" && how !== "waiting" && html`for ${age(task.since, now)}`,
    why,
    tier === "write" && soFar && sentence(madeSoFar(soFar, (path) => inPages.code(path, 80))),
    ...(tier === "write" ? asks.map(({ short }) => html`<q>${short}</q>`) : []),
  ];
  return lines.filter((line) => line).map((line) => html`<div class="sub">${line}</div>`);
}

/** What the team has used, and what it had to do with. */
export function moneyBlock(view: PlanView): Html {
  const { nodes, lead, budget, width, revision } = view;
  const known: Fact[] = [
    ["Nodes", spentWords(allOf(nodes)) ?? "nothing yet"],
    ["Planner and manager", spentWords(lead) ?? "nothing yet"],
    ["Nodes may use together", budget && amountsWords(budget)],
    ["At the same time", width === undefined ? undefined : `${width} nodes`],
    ["Revision", revision > 0 ? revision : undefined],
  ];
  const met = teamFacts(view);
  return html`<div id="${MONEY}">${facts(known)}${met.length > 0 && html`<ul class="lines">${met.map((line) => html`<li>${line}</li>`)}</ul>`}</div>`;
}

type Spent = NodeView["spent"];

function allOf(nodes: readonly NodeView[]): Spent {
  const sum = (of: "inputTokens" | "outputTokens" | "costUsd") => {
    const known = nodes.flatMap(({ spent }) => spent[of].known ?? []);
    const unknown = nodes.reduce((all, { spent }) => all + spent[of].unknown, 0);
    return known.length > 0 ? { known: known.reduce((one, other) => one + other), unknown } : { unknown };
  };
  const runs = nodes.reduce((all, { spent }) => all + spent.runs, 0);
  return { runs, inputTokens: sum("inputTokens"), outputTokens: sum("outputTokens"), costUsd: sum("costUsd") };
}

/** The latest first. */
export const timelineBlock = ({ events }: PlanView): Html =>
  events.length === 0
    ? html`<div id="${TIMELINE}">${nothing("Nothing has happened yet.")}</div>`
    : html`<ol id="${TIMELINE}" class="happened">${events
        .toReversed()
        .map(
          (event) => html`<li>${moment(event.at)} <span>${sentence(planEventWords(event, inPages))}</span></li>`,
        )}</ol>`;

export function messageTable(messages: readonly MessageView[], now: number): Html {
  if (messages.length === 0) return nothing("Nobody has said anything to the others.");
  return scrolled(
    dataTable({
      columns: [
        { name: "When", look: "number" },
        { name: "From", look: "mono" },
        { name: "To", look: "mono" },
        { name: "What" },
        { name: "Became of it" },
      ],
      rows: messages.toReversed().map((message) => messageCells(message, now)),
    }),
  );
}

const messageCells = ({ at, from, to, kind, text, state, reason, since }: MessageView, now: number): HtmlValue[] => [
  ago(at, now),
  from,
  to ?? "agent",
  html`${text}<div class="sub">${kind}</div>`,
  html`${state}${reason !== undefined && `: ${reason}`}${since !== undefined && html`<div class="sub">after ${duration(since - at)}</div>`}`,
];
