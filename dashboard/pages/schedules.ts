/** What repositories ask for by themselves: when it comes next, what it asked for last, and why it asked for nothing. */
import type { SchedulesView, ScheduleView, UnusableFile } from "../../src/views/schedules.ts";
import { skipWords } from "../../src/words/schedule-words.ts";
import { type Html, html } from "../html.ts";
import { nothing, panel } from "./panel.ts";
import { inPages, sentence } from "./sentence.ts";
import { ago, moment, until } from "./time.ts";
import { idLink, viewBadge } from "./view-badge.ts";

export function schedulesBody({ schedules, unusable }: SchedulesView, now: number): Html {
  return html`<div class="page-head"><h1>Schedules</h1>
<p class="muted">What <code>.github/orch.yml</code> asks for at its times, the next one first</p></div>
${unusable.length > 0 && files(unusable)}
${panel({
  id: "schedules",
  title: "Schedules",
  count: schedules.length,
  body: schedules.length === 0 ? NONE : table(schedules, now),
})}`;
}

const NONE = nothing(
  "No repository has schedules.",
  html`They stand under <code>schedules</code> in a repository's <code>.github/orch.yml</code>.`,
);

const files = (unusable: readonly UnusableFile[]): Html =>
  panel({
    id: "unusable",
    title: "Files that cannot be used",
    count: unusable.length,
    tone: "attention",
    body: html`<ul class="lines">${unusable.map(
      ({ repository, problem }) => html`<li><strong>${repository}</strong><pre class="said">${problem}</pre></li>`,
    )}</ul>`,
  });

const table = (all: readonly ScheduleView[], now: number): Html => html`<div class="scroll"><table>
<thead><tr><th scope="col">Schedule</th><th scope="col">Next</th><th scope="col">Last</th><th scope="col">Times</th><th scope="col">Asks</th></tr></thead>
<tbody>${all.map((each) => row(each, now))}</tbody></table></div>`;

function row(schedule: ScheduleView, now: number): Html {
  const { name, repository, number, nextAt, cron, timezone, request, agent } = schedule;
  const where = number === undefined ? repository : `${repository}#${number}`;
  return html`<tr>
<th scope="row"><span class="mono">${name}</span><br><span class="muted">${where}</span></th>
<td class="number">${nextAt === undefined ? "–" : html`${until(nextAt, now)}<br><span class="muted">${moment(nextAt)}</span>`}</td>
<td>${lastOf(schedule, now)}</td>
<td><span class="mono">${cron}</span><br><span class="muted">${timezone}</span></td>
<td>${request}${agent !== undefined && html`<br><span class="muted">by <span class="mono">${agent}</span></span>`}</td>
</tr>`;
}

function lastOf({ last, skipped }: ScheduleView, now: number): Html {
  const asked = last && html`${last.task ? viewBadge(last.task) : "asked"} ${idLink(last.id)} ${ago(last.dueAt, now)}`;
  if (!skipped) return asked ?? html`<span class="muted">never yet</span>`;
  const why = sentence(`Skipped because ${skipWords(skipped.reason, inPages)}.`);
  return html`<p class="skipped">${ago(skipped.dueAt, now)}: ${why}</p>${asked}`;
}
