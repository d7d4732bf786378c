/**
 * A conversation: an issue or a pull request with all that was asked, run and said in it, oldest first, as it went. What agents used and said, and what
 * people said to them, is shown to those who may write in the repository.
 */
import { numberSign } from "../../src/task/own-place.ts";
import { dollars, duration } from "../../src/text/amounts.ts";
import type { EnvelopeView } from "../../src/views/budget.ts";
import type { MessageView } from "../../src/views/messages.ts";
import type { QuestionView } from "../../src/views/question-view.ts";
import type { Spent } from "../../src/views/spent.ts";
import type { RunView } from "../../src/views/task-view.ts";
import type { Why } from "../../src/views/why.ts";
import { spentWords } from "../../src/words/spent-words.ts";
import { whyWords } from "../../src/words/why-words.ts";
import { type Html, type HtmlValue, html } from "../html.ts";
import type { Tier } from "../rows/drawing.ts";
import { dataTable, scrolled } from "./data-table.ts";
import { envelopes } from "./envelopes.ts";
import { type Fact, facts } from "./facts.ts";
import { outward, planPath, runPath, taskPath } from "./links.ts";
import { panel } from "./panel.ts";
import { inPages, sentence } from "./sentence.ts";
import { endBadge } from "./standing-badge.ts";
import { ago, moment } from "./time.ts";
import { idLink, viewBadge } from "./view-badge.ts";

export type Asked = {
  answer: Why;
  questions: readonly QuestionView[];
  /** What was proposed before it was done, and what was decided. */
  proposal?: { name: string; title: string; decided?: string };
  messages: readonly MessageView[];
  /** Of a team's task. */
  hasPlan: boolean;
};

export type ConversationPage = {
  /** owner/name */
  repository: string;
  number: number;
  title: string;
  /** Oldest first. */
  asked: readonly Asked[];
  /** Older ones that are not shown. */
  left: number;
  spent: Spent;
  pulls: readonly { number: number; url: string }[];
  budget: readonly EnvelopeView[];
};

export function conversationBody(page: ConversationPage, tier: Tier, now: number): Html {
  const { repository, number, title, asked, left, budget } = page;
  return html`<div class="page-head"><p class="crumbs"><a href="/tasks?${new URLSearchParams({ repo: repository }).toString()}">${repository}</a></p>
<h1>${title} <span class="muted">${numberSign(number)}</span></h1></div>
<div class="pair">${panel({ id: "sum", title: "All of it", body: facts(summary(page, tier)) })}
${tier === "write" && panel({ id: "budget", title: "Budgets", body: envelopes(budget) })}</div>
${left > 0 && html`<p class="muted line">Older tasks are left out here: ${left}.</p>`}
<ol class="thread">${asked.map((each) => html`<li>${taskOf(each, tier, now)}</li>`)}</ol>`;
}

const summary = ({ asked, left, spent, pulls }: ConversationPage, tier: Tier): Fact[] => [
  ["Tasks", asked.length + left],
  ["Pull requests", pulls.length > 0 ? pulls.map(pullLink) : "none"],
  ["Used", tier === "write" ? (spentWords(spent) ?? "nothing yet") : undefined],
];

const pullLink = ({ number, url }: { number: number; url: string }): Html => html` ${outward(url, `#${number}`)}`;

function taskOf({ answer, questions, proposal, messages, hasPlan }: Asked, tier: Tier, now: number): Html {
  const { task, runs } = answer;
  const isWriter = tier === "write";
  return html`<article class="asked" aria-labelledby="asked-${task.id}">
<header><h2 id="asked-${task.id}"><a href="${taskPath(task.id)}">${task.request}</a></h2>
<p class="muted">${viewBadge(task)} ${whoAsked(answer)} ${ago(task.acceptedAt, now)}${task.agent !== undefined && html` · <span class="mono">${task.agent}</span>`}${task.continues !== undefined && html` · goes on from ${idLink(task.continues)}`}${hasPlan && html` · <a href="${planPath(task.id)}">its plan</a>`}</p></header>
${isWriter && whyWords(answer, now, inPages).map((line) => html`<p class="line">${sentence(line)}</p>`)}
${isWriter && proposal && html`<p class="line">Proposed <code>${proposal.name}</code>: ${proposal.title}${proposal.decided !== undefined && ` (${proposal.decided})`}</p>`}
${isWriter && questions.length > 0 && html`<ul class="lines">${questions.map(questionLine)}</ul>`}
${runs.length > 0 && runTable(runs, { task: task.id, tier })}
${isWriter && messages.length > 0 && html`<ul class="lines said-list">${messages.map((message) => messageLine(message, now))}</ul>`}
</article>`;
}

const whoAsked = ({ task }: Why): Html =>
  task.actor === undefined
    ? html`<span>asked by the ${task.origin.kind === "cli" ? "operator" : task.origin.kind}</span>`
    : html`<span>asked by ${task.actor}</span>`;

function questionLine({ short, answered, open, blocker }: QuestionView): Html {
  const became = answered
    ? html`<br><strong>${answered.manager ? "its manager" : (answered.by ?? "the operator")}</strong> ${answered.short}`
    : open
      ? html` <span class="muted">nobody has answered yet</span>`
      : html` <span class="muted">nobody answered in time</span>`;
  return html`<li><q>${short}</q>${blocker !== undefined && html` <span class="muted">blocker: ${blocker}</span>`}${became}</li>`;
}

const messageLine = ({ from, to, text, state, at }: MessageView, now: number): Html =>
  html`<li><span class="mono">${from}</span>${to !== undefined && html` to <span class="mono">${to}</span>`}: ${text} <span class="muted">${state}, ${ago(at, now)}</span></li>`;

function runTable(runs: readonly RunView[], { task, tier }: { task: string; tier: Tier }): Html {
  const isWriter = tier === "write";
  return scrolled(
    dataTable({
      columns: [
        { name: "Run" },
        { name: "Ended as" },
        { name: "Began", look: "number" },
        { name: "Took", look: "number" },
        { name: "Host" },
        { name: "Agent" },
        { name: "Check" },
        ...(isWriter
          ? [
              { name: "Tokens in, out", look: "number" as const },
              { name: "Cost", look: "number" as const },
            ]
          : []),
      ],
      rows: runs.map((run) => runCells(run, task, isWriter)),
    }),
  );
}

function runCells(run: RunView, task: string, isWriter: boolean): HtmlValue[] {
  const { number, end, startedAt, endedAt, host, agent, model, start, verification } = run;
  const tokens = (amount: number | undefined): string => amount?.toLocaleString("en") ?? "–";
  return [
    html`<a href="${runPath(task, number)}">${number}</a>`,
    html`${endBadge(end)}${start && start.how !== "fresh" && html`<div class="sub">${start.how}</div>`}`,
    moment(startedAt),
    endedAt === undefined ? "–" : duration(endedAt - startedAt),
    host.name ?? host.id,
    html`<span class="mono">${agent ?? "–"}</span>${model !== undefined && html`<div class="sub">${model}</div>`}`,
    verification ? (verification.exitCode === 0 ? "passed" : `failed (${verification.exitCode})`) : "–",
    ...(isWriter
      ? [
          `${tokens(run.inputTokens)}, ${tokens(run.outputTokens)}`,
          run.costUsd === undefined ? "unknown" : dollars(run.costUsd),
        ]
      : []),
  ];
}
