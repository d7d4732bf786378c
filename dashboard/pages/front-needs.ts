/** The rows of "Needs you": what is the matter, since when, and what to do about it. */

import { questionOf } from "../../src/task/question.ts";
import type { Task } from "../../src/task/task.ts";
import { bytes, count } from "../../src/text/amounts.ts";
import { bare } from "../../src/text/quote.ts";
import type { Need } from "../../src/views/needs-me.ts";
import type { HostName } from "../../src/views/task-view.ts";
import { why } from "../../src/views/why.ts";
import { strainWords } from "../../src/words/limit-words.ts";
import { explanation } from "../../src/words/outcome-words.ts";
import { type Html, type HtmlValue, html } from "../html.ts";
import type { Item, Tier } from "../rows/drawing.ts";
import type { Facts } from "../rows/facts.ts";
import { deedForm } from "./deed-form.ts";
import { row } from "./front-rows.ts";
import { hostPath, outward, planPath, taskLink, taskPath } from "./links.ts";
import { inPages, sentence } from "./sentence.ts";
import { badge, ciBadge, standingBadge } from "./standing-badge.ts";
import { taskCell } from "./task-cell.ts";
import { answerForm, approveForm, cancelForm, type Formed, retryForm } from "./task-deeds.ts";
import { age } from "./time.ts";

type Found = { need: Need; task?: Task };

/** Of ids that a row names, so many. */
const NAMED = 3;

/** Names what waits, the same for as long as it does. */
export const needKey = (found: Found): string => `need-${nameOf(found)}`.replace(/[^\w-]/g, encodeURIComponent);

function nameOf({ need }: Found): string {
  switch (need.kind) {
    case "host_silent":
    case "no_room":
    case "strained":
    case "cannot_work":
      return `${need.kind}-${need.host.id}`;
    case "paused":
      return need.kind;
    case "in_doubt":
      return `${need.kind}-${need.task}`;
    case "no_agent":
      return `${need.kind}-${need.agent ?? ""}`;
    case "question":
      return `${need.task.id}-${need.question.id}`;
    default:
      return need.task.id;
  }
}

/** What is nobody's repository is for operators. */
export const needPlace = ({ task }: Found): Item["place"] => task?.spec;

export function needRow(found: Found, facts: Facts, tier: Tier, page: Formed): Html {
  const { need, task } = found;
  const cells = task ? ofTask(need, task, facts, tier, page) : ofSystem(need, facts, page);
  return row(needKey(found), cells);
}

type Cells = { badge: Html; subject: Html; what: HtmlValue; since: number | undefined; actions: HtmlValue };

const cellsOf = ({ badge: state, subject, what, since, actions }: Cells, now: number): Html =>
  html`<td class="state">${state}<div class="sub">${since !== undefined && age(since, now)}</div></td>
${subject}
<td class="why" data-label="What">${what}</td>
<td class="row-actions">${actions}</td>`;

function ofTask(need: Need, task: Task, facts: Facts, tier: Tier, page: Formed): Html {
  const subject = taskCell(task);
  const mayAct = tier === "write";
  const cells = (own: Omit<Cells, "subject">) => cellsOf({ ...own, subject }, facts.now);
  switch (need.kind) {
    case "question": {
      const question = questionOf(task, need.question.id);
      return cells({
        badge: standingBadge("asks"),
        what: html`<p class="quote">${mayAct ? need.question.short : "Its agent asks something."}</p>${mayAct && question && answerForm(page, task, question)}`,
        since: need.since,
        actions: html`<a class="button" href="${taskPath(task.spec.id)}#questions">Open</a>${mayAct && cancelForm(page, task)}`,
      });
    }
    case "approval": {
      const title = need.change ? "A change of its plan waits for a word." : bare(task.proposal?.said.title ?? "", 200);
      return cells({
        badge: standingBadge("proposes"),
        what: html`<p class="quote">${mayAct ? title : "Its agent proposes something."}</p>`,
        since: need.since,
        actions: html`<a class="button" href="${need.change ? `${planPath(task.spec.id)}#decide` : `${taskPath(task.spec.id)}#proposal`}">Read</a>${mayAct && approveForm(page, task, need.proposal)}`,
      });
    }
    case "to_review":
      return cells({
        badge: standingBadge("to_review"),
        what: html`<p>${outward(need.pull.url, `Pull request #${need.pull.number}`)} is ready${need.pull.draft && ", as a draft"}. ${ciBadge(need.ci)}</p>`,
        since: need.since,
        actions: outwardButton(need.pull.url, "Review"),
      });
    case "in_doubt":
      return cells({ badge: standingBadge("in_doubt"), ...doubt(task.spec.id) });
    default:
      return cells({
        badge: standingBadge("to_repair"),
        what: html`<p>${whyItEnded(task, facts)}</p>`,
        since: "since" in need ? need.since : undefined,
        actions: html`<a class="button" href="${taskPath(task.spec.id)}#why">Why</a>${mayAct && retryForm(page, task)}`,
      });
  }
}

const outwardButton = (url: string, word: string): Html => html`<span class="button-like">${outward(url, word)}</span>`;

function whyItEnded(task: Task, facts: Facts): Html {
  const answer = why(task, facts);
  return sentence(answer.state === "settled" ? explanation(answer, inPages) : "");
}

const doubt = (id: string) => ({
  what: html`<p>The record of task <code>${bare(id, 60)}</code> cannot be relied on. <code>orch doctor</code> says what to do.</p>`,
  since: undefined,
  actions: undefined,
});

const system = (words: HtmlValue): Html =>
  html`<th scope="row" class="task-cell"><div class="task-title">${words}</div></th>`;

function ofSystem(need: Need, { now, hosts }: Facts, page: Formed): Html {
  const ofHost = (host: HostName, badgeOf: Html, what: Html, since?: number): Html =>
    cellsOf({ badge: badgeOf, subject: system(hostLink(host)), what, since, actions: undefined }, now);
  switch (need.kind) {
    case "host_silent":
      return ofHost(
        need.host,
        standingBadge("lost"),
        html`<p>It has ${count(need.tasks.length, "task")} (${need.tasks.slice(0, NAMED).map((id) => html`${taskLink({ id, repository: "" }, id)} `)}). Start it again, or another with the same agents.</p>`,
        need.since,
      );
    case "no_room":
      return ofHost(
        need.host,
        badge({ word: "disk full", tone: "bad", sign: "alert" }),
        html`<p>It takes no task: ${bytes(need.freeBytes)} free on its disk, ${bytes(need.wantedBytes)} wanted. Remove what you can spare there.</p>`,
      );
    case "strained":
      return ofHost(
        need.host,
        badge({ word: "no headroom", tone: "bad", sign: "alert" }),
        html`<p>It takes no task: ${strainWords(need)}. End what you can spare there.</p>`,
      );
    case "cannot_work":
      return ofHost(
        need.host,
        badge({ word: "cannot work", tone: "bad", sign: "alert" }),
        html`<p>It is alive, and ${need.why === undefined ? "takes no job" : bare(need.why, 300)}. Run <code>orch doctor</code> there, and start it again.</p>`,
        need.since,
      );
    case "paused":
      return cellsOf(
        {
          badge: standingBadge("paused"),
          subject: system("All work is paused"),
          what: html`<p>By ${bare(need.by, 60)}. What is at work goes on; nothing new starts.</p>`,
          since: need.since,
          actions: deedForm(page, { to: "/queue/resume", word: "Resume", look: "main" }),
        },
        now,
      );
    case "no_agent":
      return cellsOf(
        {
          badge: standingBadge("no_host"),
          subject: system(
            need.agent === undefined
              ? "A worker host is missing"
              : html`No host has <code>${bare(need.agent, 60)}</code>`,
          ),
          what: html`<p>${count(need.tasks.length, "task waits", "tasks wait")} for ${need.agent === undefined ? "a worker host" : "it"}. ${hosts.length === 0 ? html`<code>npm start</code> runs one.` : "Start one that offers it."}</p>`,
          since: need.since,
          actions: undefined,
        },
        now,
      );
    case "in_doubt":
      return cellsOf(
        {
          badge: standingBadge("in_doubt"),
          subject: system(html`<code>${bare(need.task, 60)}</code>`),
          ...doubt(need.task),
        },
        now,
      );
    default:
      return html``;
  }
}

const hostLink = ({ id, name }: { id: string; name?: string }): Html =>
  html`<a class="task-link" href="${hostPath(id)}">${name ?? id}</a>`;
