/**
 * A team's plan: its graph, which moves while somebody looks, the same as a table, what there is to decide about it, what it costs, what its agents say
 * to each other and what happened. Of a plan that is only proposed it shows what would be done.
 */
import { exceedsReasons } from "../../src/task/exceeds-reasons.ts";
import { openProposal, type Proposal } from "../../src/task/proposal.ts";
import type { Task } from "../../src/task/task.ts";
import { inTerminal } from "../../src/text/quote.ts";
import type { EnvelopeView } from "../../src/views/budget.ts";
import type { MessageView } from "../../src/views/messages.ts";
import type { PlanView } from "../../src/views/plan-view.ts";
import { taskView } from "../../src/views/task-view.ts";
import { askedBecause, changeWords, meanwhile } from "../../src/words/asked-words.ts";
import { planSize, teamStanding } from "../../src/words/plan-words.ts";
import { type Html, html } from "../html.ts";
import type { Tier } from "../rows/drawing.ts";
import type { Visit } from "../visit.ts";
import { envelopes } from "./envelopes.ts";
import { placeName, taskLink } from "./links.ts";
import { panel } from "./panel.ts";
import { graphBlock, messageTable, moneyBlock, nodesBlock, timelineBlock } from "./plan-parts.ts";
import { approveForm, cancelForm, changeForm, declineForm } from "./task-deeds.ts";
import { until as untilTime } from "./time.ts";
import { viewBadge } from "./view-badge.ts";

export type PlanPage = {
  task: Task;
  view: PlanView;
  /** Of the conversation in which it was asked for. */
  conversationPath: string;
  /** What is to be decided about. */
  open?: { name: string /** Unix ms. */; until?: number } | undefined;
  budget: readonly EnvelopeView[];
  messages: readonly MessageView[];
};

export function planBody(plan: PlanPage, tier: Tier, visit: Visit): Html {
  const { view, budget, messages } = plan;
  const { nodes, events } = view;
  const proposal = openProposal(plan.task);
  return html`${head(plan)}
${proposal && tier === "write" && decide(plan, proposal, visit)}
${tier === "write" && decideOnChange(plan, visit)}
${panel({ id: "graph", title: "Graph", count: nodes.length, body: html`<div class="scroll graph" tabindex="0" role="region" aria-label="Graph of the plan">${graphBlock(view)}</div>` })}
${panel({ id: "nodes", title: "Nodes", body: html`<div class="scroll">${nodesBlock(view, tier, visit.now)}</div>`, aside: tier === "write" && cancelForm(visit, plan.task) })}
${
  tier === "write" &&
  html`<div class="pair">${panel({ id: "used", title: "Used so far", body: moneyBlock(view) })}
${panel({ id: "budget", title: "Budgets", body: envelopes(budget) })}</div>
${
  view.state !== "proposed" &&
  html`${panel({ id: "messages", title: "Said within the team", count: messages.length, body: messageTable(messages, visit.now) })}
${panel({ id: "timeline", title: "What happened", count: events.length, body: timelineBlock(view) })}`
}`
}`;
}

export const STANDING = "plan-standing";

function head({ task, view, conversationPath }: PlanPage): Html {
  const shown = taskView(task);
  return html`<div class="page-head"><p class="crumbs"><a href="${conversationPath}">${placeName(shown)}</a> / ${taskLink(shown, "task")}</p>
<h1>${view.goal}</h1><p class="muted">${shown.request}</p>${standingBlock(task, view)}</div>`;
}

export const standingBlock = (task: Task, view: PlanView): Html =>
  html`<p id="${STANDING}" class="standing">${viewBadge(taskView(task))} ${view.state === "proposed" ? "Nothing of it is begun before somebody approves it" : teamStanding(view)}</p>`;

/** Every word of what would be carried out. */
function decideOnChange({ task, view }: PlanPage, visit: Visit): Html | undefined {
  const { asked } = view;
  if (!asked) return undefined;
  const lines = [...exceedsReasons(asked.exceeds, inTerminal), ...changeWords(asked, inTerminal)];
  const told = asked.retry.filter(({ instruction }) => instruction !== undefined);
  return panel({
    id: "decide",
    title: "A change of this plan waits for a word",
    tone: "attention",
    aside: html`<span class="muted">it is dropped ${untilTime(asked.until, visit.now)}</span>`,
    body: html`<p class="line">${askedBecause(asked)} ${meanwhile}</p>
<ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>
${asked.add.length > 0 && html`<div class="scroll">${nodesBlock({ ...view, state: "proposed", nodes: asked.add }, "write", visit.now, "plan-change")}</div>`}
${told.map(({ node, instruction }) => html`<p class="line"><code>${node}</code> would be told: ${instruction}</p>`)}
<div class="pad decide">${approveForm(visit, task, asked.name)}${declineForm(visit, task, asked.name)}</div>
<p class="sub pad">Change <code>${asked.name}</code>.</p>`,
  });
}

function decide({ task, view }: PlanPage, proposal: Proposal, visit: Visit): Html {
  const until =
    task.state.name === "waiting" ? task.state.reasons.find((reason) => reason.for === "approval")?.until : undefined;
  return panel({
    id: "decide",
    title: "This plan waits for a word",
    tone: "attention",
    aside: until !== undefined && html`<span class="muted">it ends ${untilTime(until, visit.now)}</span>`,
    body: html`<p class="line">${planSize(view)}</p>
<div class="pad decide">${approveForm(visit, task, proposal.name)}${changeForm(visit, task, proposal)}</div>`,
  });
}
