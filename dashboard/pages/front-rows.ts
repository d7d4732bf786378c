/** The rows of the first page: what runs, what waits and why, what is over. Words, costs and buttons only for whoever may see them. */
import { pullOf } from "../../src/task/pull-checks.ts";
import { progressOf, type Task } from "../../src/task/task.ts";
import { bare } from "../../src/text/quote.ts";
import type { CiView } from "../../src/views/pull-fates.ts";
import { spentOn } from "../../src/views/spent.ts";
import { agentOf, hostName, taskView } from "../../src/views/task-view.ts";
import { why } from "../../src/views/why.ts";
import { nextStep } from "../../src/words/next-step.ts";
import { endWords } from "../../src/words/task-words.ts";
import { type Html, type HtmlValue, html } from "../html.ts";
import type { Tier } from "../rows/drawing.ts";
import type { Facts } from "../rows/facts.ts";
import { costOf } from "./cost.ts";
import type { Placed } from "./front-sections.ts";
import { outward } from "./links.ts";
import { inPages, sentence } from "./sentence.ts";
import { badge, ciBadge, standingBadge } from "./standing-badge.ts";
import { taskCell } from "./task-cell.ts";
import { cancelForm, type Formed, retryForm } from "./task-deeds.ts";
import { age, ago, until } from "./time.ts";
import { triedAgainLink } from "./tried-again.ts";

/** Of a list row: its id is made of the key, and the page's script finds its way by it. */
export const row = (key: string, cells: HtmlValue, tone?: string): Html =>
  html`<tr id="row-${key}" data-key="${key}"${tone !== undefined && html` class="${tone}"`}>${cells}</tr>`;

const UNSHOWN = html`<span class="muted" title="shown to whoever may write to the repository">not shown</span>`;

export function runningRow({ task, standing, ci }: Placed, facts: Facts, tier: Tier, page: Formed): Html {
  const answer = why(task, facts);
  if (answer.state !== "running") return html``;
  const { lastOutputAt, deadline, phaseSince } = answer;
  const { now } = facts;
  return row(
    task.spec.id,
    html`<td class="state">${standingBadge(standing)}<div class="sub">${age(phaseSince, now)}</div></td>
${taskCell(task)}
<td class="now" data-label="Now"><div class="last-line mono">${tier === "write" ? lastLine(task) : UNSHOWN}</div><div class="sub">${lastOutputAt !== undefined ? html`output ${ago(lastOutputAt, now)}` : answer.phase === "working" && "no output yet"}</div></td>
<td class="short" data-label="Who">${agentOf(task) ?? "any agent"}<div class="sub">${answer.host.name ?? answer.host.id} · try ${task.epoch}</div></td>
<td data-label="Cost so far" class="amount">${tier === "write" ? html`${taskCost(task)}${budgetMark(task)}` : UNSHOWN}${pullRequest(task, ci)}</td>
<td class="short" data-label="Deadline">${deadline && !answer.stopping ? until(deadline.at, now) : html`<span class="muted">–</span>`}</td>
<td class="row-actions">${tier === "write" && cancelForm(page, task)}</td>`,
  );
}

/** The one that it works on, or has opened, and what CI says of that. */
function pullRequest(task: Task, ci: CiView | undefined): Html | undefined {
  const { pullRequest: pull } = taskView(task);
  const number = pullOf(task);
  if (number === undefined) return undefined;
  return html`<div class="sub">${pull ? outward(pull.url, `PR #${number}`) : `PR #${number}`}${pull?.draft && " draft"} ${ciBadge(ci)}</div>`;
}

const taskCost = (task: Task): Html => {
  const { costUsd, runs } = spentOn([task]);
  return costOf(costUsd, runs);
};

/** Of a run that may use little more, or nothing. */
function budgetMark(task: Task): Html | undefined {
  const { low, spent } = progressOf(task).budget ?? {};
  if (!low && !spent) return undefined;
  const word = spent ? "budget used up" : "over 80 % of its budget";
  return html`<div>${badge({ word, tone: "warn", sign: "coin" })}</div>`;
}

/** What its agent says that it is at, else the end of what it printed. */
function lastLine(task: Task): Html {
  const { said, lastLines = "" } = progressOf(task);
  const line = said ?? lastLines.slice(-2_000).trimEnd().split("\n").at(-1) ?? "";
  const text = bare(line, 140);
  return text === "" ? html`<span class="muted">nothing said yet</span>` : html`${text}`;
}

export function waitingRow({ task, standing }: Placed, facts: Facts, tier: Tier, page: Formed): Html {
  const answer = why(task, facts);
  if (answer.state !== "waiting" && answer.state !== "queued") return html``;
  return row(
    task.spec.id,
    html`<td class="state">${standingBadge(standing)}<div class="sub">${age(answer.since, facts.now)}</div></td>
${taskCell(task)}
<td class="why" data-label="Why">${sentence(nextStep(answer, inPages))}</td>
<td class="short" data-label="Ends in vain">${untilOf(answer, facts.now)}</td>
<td class="row-actions">${tier === "write" && cancelForm(page, task)}</td>`,
  );
}

function untilOf(answer: Extract<ReturnType<typeof why>, { state: "waiting" | "queued" }>, now: number): Html {
  const at = answer.state === "queued" ? answer.until : Math.min(...answer.reasons.map((reason) => reason.until));
  return answer.state === "queued" && answer.pause ? html`<span class="muted">–</span>` : until(at, now);
}

export function overRow({ task, standing, ci, again }: Placed, facts: Facts, tier: Tier, page: Formed): Html {
  const { state } = task;
  if (state.name !== "settled") return html``;
  const last = task.runs.at(-1);
  return row(
    task.spec.id,
    html`<td class="state">${standingBadge(standing)}</td>
${taskCell(task)}
<td data-label="End">${pullOrEnd(task)}${ci && html`<div class="sub">${ciBadge(ci)}</div>`}${again && html`<div class="sub">tried again: ${triedAgainLink(again)}</div>`}</td>
<td class="short" data-label="Who">${agentOf(task) ?? "–"}<div class="sub">${last ? hostWord(last.host, facts) : ""}</div></td>
<td data-label="Cost" class="amount">${tier === "write" ? taskCost(task) : UNSHOWN}</td>
<td class="short" data-label="Ended">${ago(state.at, facts.now)}</td>
<td class="row-actions">${tier === "write" && !again && retryForm(page, task)}</td>`,
  );
}

const hostWord = (id: string, { hosts }: Facts): string => {
  const { name, id: known } = hostName(id, hosts);
  return name ?? known;
};

function pullOrEnd(task: Task): Html {
  const { pullRequest: pull, outcome } = taskView(task);
  if (pull) return outward(pull.url, `PR #${pull.number}`);
  return html`${outcome && endWords[outcome]}`;
}
