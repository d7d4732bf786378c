/** The head of a task's page: how it stands, why, what it cost, what one can do. */

import { isWritten } from "../../src/task/origin.ts";
import type { Task } from "../../src/task/task.ts";
import { bare, mention } from "../../src/text/quote.ts";
import type { CiView } from "../../src/views/pull-fates.ts";
import { spentOn } from "../../src/views/spent.ts";
import { agentOf, type HostName, taskView } from "../../src/views/task-view.ts";
import type { Why } from "../../src/views/why.ts";
import { taskBudgetWords } from "../../src/words/budget-words.ts";
import { nextStep } from "../../src/words/next-step.ts";
import { whoAsked } from "../../src/words/origin-words.ts";
import { evidenceTitles } from "../../src/words/outcome-words.ts";
import { routingWords } from "../../src/words/routing-words.ts";
import { byButton, byComment, type Ways } from "../../src/words/ways-again.ts";
import { whyWords } from "../../src/words/why-words.ts";
import { type Html, type HtmlValue, html } from "../html.ts";
import { costOf, tokensOf } from "./cost.ts";
import { type Spending, spendingWords } from "./front-figures.ts";
import { debugPath, hostPath, issueUrl, outward, planPath, taskLink } from "./links.ts";
import { inPages, sentence, sentences } from "./sentence.ts";
import type { Standing } from "./standing.ts";
import { ciBadge, standingBadge } from "./standing-badge.ts";
import { cancelForm, type Formed, mayRetry, retryForm, retryWithForm, tellForm } from "./task-deeds.ts";
import { age, ago, moment, until } from "./time.ts";
import { triedAgainLink } from "./tried-again.ts";

export type TaskSeen = {
  task: Task;
  answer: Why;
  standing: Standing;
  /** What the repository's checks say of the newest commit of its pull request; none where there is no pull request. */
  ci?: CiView;
  /** What all of its repository's tasks cost since midnight UTC, as far as it is known. */
  today: Spending;
  /** Agents that living hosts offer. */
  agents: readonly string[];
  /** The one that does it once more, where there is one already. */
  again?: Task["spec"];
  /** There is a page of its plan: a team's, once one is proposed. */
  hasPlan: boolean;
  webUrl: string;
  now: number;
};

/** Of a text that an end rests on, in lines. */
const EVIDENCE_LINES = 60;

export function stateBlock(seen: TaskSeen, isWhole: boolean): Html {
  const { task, answer, standing, now } = seen;
  const since = answer.task.since;
  return html`<section class="task-state" id="task-state"><p class="state-line">${standingBadge(standing)} <span class="muted">${task.state.name === "settled" ? ago(since, now) : html`for ${age(since, now)}`}</span></p>
<div class="why" id="why">${isWhole ? sentences([...whyWords(answer, now, inPages), ...howChosen(answer)]) : html`<p class="muted">Why, costs and output are shown to whoever may write to the repository.</p>`}</div>
${isWhole && answer.state === "settled" && answer.evidence.map(({ what, text }) => html`<details class="evidence" open><summary>${evidenceTitles[what]}</summary><pre class="text" tabindex="0">${text.split("\n").slice(-EVIDENCE_LINES).join("\n")}</pre></details>`)}
${isWhole && answer.state === "settled" && next(seen)}</section>`;
}

/** What was tried again already is not to be tried again. */
function next({ task, answer, again }: TaskSeen): Html {
  if (again) return html`<p class="next"><strong>Tried again:</strong> ${triedAgainLink(again)}</p>`;
  return html`<p class="next"><strong>Next:</strong> ${sentence(nextStep(answer, inPages, waysAt(task, answer)))}</p>`;
}

/** A button that is there is what one is told of. */
const waysAt = (task: Task, answer: Why): Ways =>
  mayRetry(task) ? byButton(answer.task) : byComment(answer.task, inPages);

/** The numbers are of what work has cost, here and elsewhere. */
const howChosen = ({ routing }: Why): string[] => (routing ? [routingWords(routing, inPages)] : []);

/** Its own element, so that what somebody is writing there outlives a change of the rest. */
export function deedsBlock({ task, agents, again }: TaskSeen, formed: Formed, isWhole: boolean): Html {
  const forms = isWhole
    ? [
        retryForm(formed, task, again ? undefined : "main"),
        retryWithForm(formed, task, agents),
        cancelForm(formed, task),
        tellForm(formed, task),
      ].filter(Boolean)
    : [];
  return html`<section class="task-deeds" id="task-deeds"${forms.length === 0 && html` hidden`} aria-label="What you can do">${forms}</section>`;
}

const fact = (name: string, value: HtmlValue): Html => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
const given = (name: string, value: HtmlValue): Html | undefined =>
  value === undefined || value === false ? undefined : fact(name, value);

/** Pages of worker hosts are for operators: nobody else is led to one. */
export function factsBlock(
  { task, answer, ci, today, hasPlan, webUrl, now }: TaskSeen,
  { isWhole, isOperator }: { isWhole: boolean; isOperator: boolean },
): Html {
  const view = taskView(task);
  const last = answer.runs.at(-1);
  const spent = spentOn([task]);
  const runCost = {
    ...(last?.costUsd !== undefined && { known: last.costUsd }),
    unknown: last?.costUsd === undefined ? 1 : 0,
  };
  const url = issueUrl(webUrl, view);
  const { spec, pushed } = task;
  return html`<section class="panel" id="task-facts" aria-labelledby="task-facts-title">
<header class="panel-head"><h2 id="task-facts-title">Facts</h2></header>
<dl class="facts">
${isWhole && fact("Cost of this run", costOf(runCost, last?.agent === undefined ? 0 : 1))}
${isWhole && fact("Cost of this task", html`${costOf(spent.costUsd, spent.runs)}${spent.runs > 1 && html` <span class="muted">in ${spent.runs} runs</span>`}`)}
${isWhole && fact("Cost today, this repository", spendingWords(today))}
${isWhole && given("Budget", taskBudgetWords(task))}
${isWhole && given("Tokens, last run", last && tokensOf(last))}
${fact("Agent", html`${agentOf(task) ?? "any"}${last?.model !== undefined && html` <span class="muted">${last.model}</span>`}`)}
${given("Host", last && hostFact(last.host, isOperator))}
${fact("Try", task.epoch === 0 ? "none yet" : `${task.epoch}`)}
${given("Last output", answer.state === "running" && answer.lastOutputAt !== undefined && ago(answer.lastOutputAt, now))}
${given("Next deadline", answer.state === "running" && answer.deadline && html`${answer.deadline.deadline.replace("_", " ")}, ${until(answer.deadline.at, now)}`)}
${given("Pull request", view.pullRequest && html`${outward(view.pullRequest.url, `#${view.pullRequest.number}`)}${view.pullRequest.draft && " (draft)"}`)}
${given("Checks", ci && ciBadge(ci))}
${given("Branch", pushed && html`<code>${bare(pushed.branch, 100)}</code>`)}
${given("Asked in", url && outward(url, `${view.repository}#${view.number}`))}
${fact("Asked by", askedBy(task))}
${fact("Accepted", moment(spec.acceptedAt))}
${given("Goes on from", task.continues && taskLink({ id: task.continues, repository: "" }, task.continues))}
${given("Does once more", spec.retries && taskLink({ id: spec.retries, repository: "" }, spec.retries))}
${given("Node of", spec.node && html`<a href="${planPath(spec.node.plan)}">plan ${spec.node.plan}</a>`)}
${given("Plan", hasPlan && html`<a href="${planPath(spec.id)}">its nodes</a>`)}
${given("Conversation", html`<a href="/conversations/${spec.repository.id}/${spec.conversation}">all tasks of it</a>`)}
${fact("Task", html`<code>${spec.id}</code>`)}
${isWhole && fact("For debugging", html`<a href="${debugPath(spec.id)}" download>All that is known of it</a>, without secrets`)}
</dl></section>`;
}

const hostFact = ({ id, name = id }: HostName, isOperator: boolean): Html =>
  isOperator ? html`<a href="${hostPath(id)}">${name}</a>` : html`${name}`;

function askedBy(task: Task): HtmlValue {
  const view = taskView(task);
  const who = view.actor === undefined ? sentence(whoAsked(view, inPages)) : mention(view.actor).replaceAll("`", "");
  return isWritten(view.origin) ? outward(view.origin.url, who) : who;
}
