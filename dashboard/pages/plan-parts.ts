/** What a plan's page says of its nodes and of the team, beside the graph: tables and lists that say all of it in words. */

import { duration } from "../../src/text/amounts.ts";
import { amountsWords } from "../../src/text/budget.ts";
import type { MessageView } from "../../src/views/messages.ts";
import type { NodeView, PlanView } from "../../src/views/plan-view.ts";
import { madeSoFar, nodeCost, planEventWords, teamFacts } from "../../src/words/plan-words.ts";
import { spentWords } from "../../src/words/spent-words.ts";
import { planGraph } from "../charts/plan-graph.ts";
import { type Html, type HtmlValue, html } from "../html.ts";
import type { Tier } from "../rows/drawing.ts";
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

export function nodesBlock({ nodes, state }: PlanView, tier: Tier, now: number): Html {
  const isProposed = state === "proposed";
  const costs = isProposed ? ["May use"] : ["Used"];
  const heading = ["Node", "State", "Role", "May change", "After", ...(tier === "write" ? costs : [])];
  return html`<table id="${NODES}" class="nodes">
<thead><tr>${heading.map((each) => html`<th scope="col">${each}</th>`)}</tr></thead>
<tbody>${nodes.map((node) => nodeRow(node, { tier, isProposed, now }))}</tbody></table>`;
}

type Shown = { tier: Tier; isProposed: boolean; now: number };

function nodeRow(node: NodeView, { tier, isProposed, now }: Shown): Html {
  const { id, title, role, scope, after, shared, budget } = node;
  const path = pathOf(node);
  const name = html`<span class="mono">${id}</span>`;
  const cost = isProposed ? (budget ? amountsWords(budget) : "not said") : (nodeCost(node) ?? "–");
  return html`<tr><th scope="row">${path ? html`<a href="${path}">${name}</a>` : name}<br>${title}${tier === "write" && ordered(node)}</th>
<td>${nodeBadge(node)}${stateDetail(node, tier, now)}</td><td>${role}</td>
<td>${scope.length === 0 ? "nothing" : html`<ul class="globs">${scope.map((glob) => html`<li class="mono">${glob}</li>`)}</ul>`}${shared && html`<span class="muted">may be shared</span>`}</td>
<td class="mono">${after.join(", ")}</td>${tier === "write" && html`<td class="number">${cost}</td>`}</tr>`;
}

/** What an agent is asked, and how it is checked. */
const ordered = ({ instruction, deliverable, check }: NodeView): Html =>
  html`<details><summary>What it is to do</summary><pre class="said">${instruction}</pre>
<p><span class="muted">Brings</span> ${deliverable}</p><p><span class="muted">Checked by</span> <code>${check}</code></p></details>`;

function stateDetail({ how, why, task, soFar, asks }: NodeView, tier: Tier, now: number): HtmlValue {
  const lines: HtmlValue[] = [
    task && how !== "merged" && how !== "waiting" && html`for ${age(task.since, now)}`,
    why,
    tier === "write" && soFar && sentence(madeSoFar(soFar, (path) => inPages.code(path, 80))),
    ...(tier === "write" ? asks.map(({ short }) => html`<q>${short}</q>`) : []),
  ];
  return lines.filter((line) => line).map((line) => html`<div class="muted">${line}</div>`);
}

/** What the team has used, and what it had to do with. */
export function moneyBlock(view: PlanView): Html {
  const { nodes, lead, budget, width, revision, managerRuns } = view;
  const known: Fact[] = [
    ["Nodes", spentWords(allOf(nodes)) ?? "nothing yet"],
    ["Planner and manager", spentWords(lead) ?? "nothing yet"],
    ["Nodes may use together", budget && amountsWords(budget)],
    ["At the same time", width === undefined ? undefined : `${width} nodes`],
    ["Revision", revision > 0 ? revision : undefined],
    ["Runs of the manager", managerRuns > 0 ? managerRuns : undefined],
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
    : html`<ol id="${TIMELINE}" class="timeline">${events
        .toReversed()
        .map(
          (event) => html`<li>${moment(event.at)} <span>${sentence(planEventWords(event, inPages))}</span></li>`,
        )}</ol>`;

export function messageTable(messages: readonly MessageView[], now: number): Html {
  if (messages.length === 0) return nothing("Nobody has said anything to the others.");
  return html`<div class="scroll"><table>
<thead><tr><th scope="col">When</th><th scope="col">From</th><th scope="col">To</th><th scope="col">What</th><th scope="col">Became of it</th></tr></thead>
<tbody>${messages.toReversed().map((message) => messageRow(message, now))}</tbody></table></div>`;
}

const messageRow = ({ at, from, to, kind, text, state, reason, since }: MessageView, now: number): Html =>
  html`<tr><td class="number">${ago(at, now)}</td><td class="mono">${from}</td><td class="mono">${to ?? "agent"}</td>
<td><span class="muted">${kind}</span> ${text}</td><td>${state}${reason !== undefined && `: ${reason}`}${since !== undefined && html` <span class="muted">after ${duration(since - at)}</span>`}</td></tr>`;
