/** The runs of a task beside each other, what came of them, and what is kept. */

import type { Task } from "../../src/task/task.ts";
import { count, duration } from "../../src/text/amounts.ts";
import { bare } from "../../src/text/quote.ts";
import type { MessageView } from "../../src/views/messages.ts";
import type { RunView } from "../../src/views/task-view.ts";
import type { Why } from "../../src/views/why.ts";
import { type Html, html } from "../html.ts";
import { costOf, tokensOf } from "./cost.ts";
import { changesPath, outward, runPath } from "./links.ts";
import { nothing } from "./panel.ts";
import { badge, endBadge } from "./standing-badge.ts";
import { keeperOf } from "./task-changes.ts";
import { age, ago, moment } from "./time.ts";

export function runsBlock(task: Task, { runs }: Why, now: number): Html {
  return html`<section class="panel" id="task-runs" aria-labelledby="task-runs-title">
<header class="panel-head"><h2 id="task-runs-title">${runs.length > 1 ? "Runs compared" : "Runs"} <span class="count">${runs.length}</span></h2></header>
${
  runs.length === 0
    ? nothing("It has not begun.", "As soon as a host takes it, its first run stands here.")
    : html`<div class="scroll"><table class="list"><thead><tr><th scope="col">Run</th><th scope="col">End</th><th scope="col">Agent</th><th scope="col">Host</th><th scope="col">Began</th><th scope="col">Took</th><th scope="col">Check</th><th scope="col">Cost of this run</th></tr></thead>
<tbody>${runs.map((run) => runRow(task, run, now))}</tbody></table></div>`
}
</section>`;
}

function runRow(task: Task, run: RunView, now: number): Html {
  const { number, end, agent, model, host, startedAt, endedAt, start, verification } = run;
  const cost = { ...(run.costUsd !== undefined && { known: run.costUsd }), unknown: run.costUsd === undefined ? 1 : 0 };
  const ended = task.state.name === "settled" && end === undefined ? task.state.outcome.kind : end;
  return html`<tr><th scope="row"><a class="task-link" href="${runPath(task.spec.id, number)}">Run ${number}</a>${start && start.how !== "fresh" && html`<div class="sub">${start.how}</div>`}</th>
<td data-label="End">${endBadge(ended)}</td><td data-label="Agent">${agent ?? "–"}<div class="sub">${model}</div></td><td data-label="Host">${host.name ?? host.id}</td><td data-label="Began">${moment(startedAt)}</td>
<td data-label="Took">${endedAt === undefined ? age(startedAt, now) : duration(endedAt - startedAt)}</td>
<td data-label="Check">${verification ? html`${verification.exitCode === 0 ? badge({ word: "passed", tone: "ok", sign: "check" }) : badge({ word: `exit ${verification.exitCode}`, tone: "bad", sign: "cross" })}<div class="sub">${count(verification.rounds, "round")} of <code>${verification.command}</code></div>` : html`<span class="muted">none</span>`}</td>
<td data-label="Cost of this run" class="amount">${costOf(cost, agent === undefined ? 0 : 1)}<div class="sub">${tokensOf(run)}</div></td></tr>`;
}

export function changeBlock(task: Task, answer: Why): Html {
  const { pushed } = task;
  const pull = answer.task.pullRequest;
  const isKept = keeperOf(task) !== undefined;
  return html`<section class="panel" id="task-change" aria-labelledby="task-change-title"${!pushed && !pull && !isKept && html` hidden`}>
<header class="panel-head"><h2 id="task-change-title">Change</h2>${pull && html`<div class="panel-aside">${outward(`${pull.url}/files`, "Diff on GitHub")}</div>`}</header>
<div class="pad">${pushed && html`<p><span class="plus">+${pushed.additions.toLocaleString("en")}</span> <span class="minus">−${pushed.deletions.toLocaleString("en")}</span> in ${count(pushed.files, "file")}, ${count(pushed.commits, "commit")} on <code>${bare(pushed.branch, 100)}</code>, for <code>${bare(pushed.base, 100)}</code>.</p>`}${isKept && html`<p><a href="${changesPath(task.spec.id)}">What its agent has changed</a> is not published${task.state.name === "running" && html`; it is put aside every few minutes`}.</p>`}</div></section>`;
}

const FATES: Record<MessageView["state"], Parameters<typeof badge>[0]> = {
  waiting: { word: "waits", tone: "idle", sign: "clock" },
  delivered: { word: "delivered", tone: "ok", sign: "check" },
  dead: { word: "not delivered", tone: "bad", sign: "cross" },
  unread: { word: "unread", tone: "idle", sign: "minus" },
};
const MOST_MESSAGES = 30;

export function messagesBlock(all: readonly MessageView[], now: number): Html {
  return html`<section class="panel" id="task-messages" aria-labelledby="task-messages-title"${all.length === 0 && html` hidden`}>
<header class="panel-head"><h2 id="task-messages-title">Messages <span class="count">${all.length}</span></h2></header>
<ul class="rows">${all.slice(-MOST_MESSAGES).map(({ from, to, text, at, state, reason }) => html`<li>${badge(FATES[state])} <strong>${from}</strong>${to !== undefined && ` → ${to}`}: ${text}<div class="sub">${ago(at, now)}${reason !== undefined && `, ${reason}`}</div></li>`)}</ul></section>`;
}
