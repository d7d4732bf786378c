/** What a task's agent asks or proposes, with a form for whoever answers; and what was answered before. */

import { openProposal } from "../../src/task/proposal.ts";
import { isForPerson, isOpen, type Question } from "../../src/task/question.ts";
import type { Task } from "../../src/task/task.ts";
import { count } from "../../src/text/amounts.ts";
import { bare } from "../../src/text/quote.ts";
import { type Html, html } from "../html.ts";
import { planPath } from "./links.ts";
import { badge } from "./standing-badge.ts";
import { answerForm, approveForm, changeForm, type Formed } from "./task-deeds.ts";
import { age, moment } from "./time.ts";
import { said } from "./words.ts";

export function asksBlock(task: Task, formed: Formed, now: number): Html {
  const questions = task.questions ?? [];
  const isOver = task.state.name === "settled";
  const open = isOver ? [] : questions.filter(isOpen);
  const answered = questions.filter((question) => !open.includes(question));
  const proposal = openProposal(task);
  const isEmpty = questions.length === 0 && !task.proposal;
  return html`<div id="task-asks"${isEmpty && html` hidden`}>
${
  open.length > 0 &&
  html`<section class="panel attention" id="questions" aria-labelledby="questions-title"><header class="panel-head"><h2 id="questions-title">${open.some(isForPerson) ? "Its agent asks you" : "Its agent asks its manager"}</h2></header>
${open.map((question) => openQuestion(task, question, formed, now))}</section>`
}
${proposal && proposalPanel(task, formed, now)}
${answered.length > 0 && html`<section class="panel" aria-labelledby="answered-title"><header class="panel-head"><h2 id="answered-title">Asked before <span class="count">${answered.length}</span></h2></header><ul class="rows">${answered.map(answeredQuestion)}</ul></section>`}
${task.proposal?.decision && decided(task)}
</div>`;
}

const openQuestion = (task: Task, question: Question, formed: Formed, now: number): Html =>
  html`<div class="pad question">${question.blocker && html`<p>${badge({ word: `blocked: ${bare(question.blocker.kind, 40)}`, tone: "warn", sign: "alert" })}</p>`}
${said(question.text)}
${question.blocker?.needs !== undefined && html`<p class="sub">What would help, as it says:</p>${said(question.blocker.needs)}`}
${answerForm(formed, task, question)}
<p class="sub">Question <code>${question.id}</code>, asked ${age(question.askedAt, now)} ago. The task waits without a slot until somebody answers.</p></div>`;

function answeredQuestion({ id, text, answer }: Question): Html {
  const who = answer?.manager ? "its manager" : (answer?.by && bare(answer.by.login, 60)) || "the operator";
  return html`<li><code>${id}</code> ${bare(text, 300)}<div class="sub">${answer ? html`${who} answered: ${bare(answer.text, 300)} (${moment(answer.at)})` : "nobody answered in time"}</div></li>`;
}

const list = (name: string, entries: readonly string[]): Html | false =>
  entries.length > 0 && html`<h3>${name}</h3><ul>${entries.map((entry) => html`<li>${bare(entry, 300)}</li>`)}</ul>`;

function proposalPanel(task: Task, formed: Formed, now: number): Html | undefined {
  const { proposal } = task;
  if (!proposal) return undefined;
  const { said: words, plan, files, at, name } = proposal;
  return html`<section class="panel attention" id="proposal" aria-labelledby="proposal-title"><header class="panel-head"><h2 id="proposal-title">${plan ? "Its planner proposes a plan" : "Its agent proposes"}</h2><div class="panel-aside muted">${age(at, now)} ago</div></header>
<div class="pad"><p><strong>${bare(words.title, 200)}</strong></p>${said(words.summary)}
${list("Decisions", words.decisions)}${list("Interfaces", words.interfaces)}${list("Left for later", words.followUps)}
${list("Files", files.slice(0, 20))}
${plan && html`<p>${count(plan.nodes.length, "node")} for a team: ${bare(plan.goal, 500)}. <a href="${planPath(task.spec.id)}">See the plan</a></p>`}
<div class="decide">${approveForm(formed, task, name)}${changeForm(formed, task, proposal)}</div>
<p class="sub">Proposal <code>${name}</code>. Nothing is changed before somebody approves it.</p></div></section>`;
}

function decided({ proposal }: Task): Html | undefined {
  const { decision, name } = proposal ?? {};
  if (!decision) return undefined;
  const who = decision.by ? bare(decision.by.login, 60) : "The operator or the repository";
  const what = { approved: "approved", change: "asked for another than", outdated: "found outdated" }[decision.kind];
  return html`<p class="sub pad">${who} ${what} proposal <code>${name}</code> (${moment(decision.at)})${decision.kind === "change" && html`: ${bare(decision.text, 300)}`}.</p>`;
}
