/** What repositories ask for by themselves: when it comes next, what it asked for last, and why it asked for nothing. */
import type { SchedulesView, ScheduleView, UnusableFile } from "../../src/views/schedules.ts";
import { skipWords } from "../../src/words/schedule-words.ts";
import { type Html, html } from "../html.ts";
import type { Block, Seen } from "../rows/drawing.ts";
import { dataTable, scrolled } from "./data-table.ts";
import { nothing, panel } from "./panel.ts";
import { inPages, sentence } from "./sentence.ts";
import { ago, moment, until } from "./time.ts";
import { idLink, viewBadge } from "./view-badge.ts";

/** `of`: what a viewer may see of all. */
export const schedulesBlocks = (of: (seen: Seen) => SchedulesView, now: number): Block[] => [
  { id: "unusable", html: (seen) => files(of(seen).unusable) },
  { id: "schedules", html: (seen) => listed(of(seen).schedules, now) },
];

/** `drawn`: by their ids. */
export const schedulesBody = (drawn: ReadonlyMap<string, Html>): Html => html`<div class="page-head"><h1>Schedules</h1>
<p class="muted">What <code>.github/orch.yml</code> asks for at its times, the next one first</p></div>
${[...drawn.values()]}`;

const listed = (schedules: readonly ScheduleView[], now: number): Html =>
  panel({
    id: "schedules",
    title: "Schedules",
    count: schedules.length,
    body: schedules.length === 0 ? NONE : table(schedules, now),
  });

const NONE = nothing(
  "No repository has schedules.",
  html`They stand under <code>schedules</code> in a repository's <code>.github/orch.yml</code>.`,
);

function files(unusable: readonly UnusableFile[]): Html {
  if (unusable.length === 0) return html`<div id="unusable" hidden></div>`;
  return panel({
    id: "unusable",
    title: "Files that cannot be used",
    count: unusable.length,
    tone: "attention",
    body: html`<ul class="lines">${unusable.map(
      ({ repository, problem }) =>
        html`<li><strong>${repository}</strong><pre class="preformatted">${problem}</pre></li>`,
    )}</ul>`,
  });
}

const table = (all: readonly ScheduleView[], now: number): Html =>
  scrolled(
    dataTable({
      columns: [
        { name: "Schedule" },
        { name: "Next", look: "number" },
        { name: "Last" },
        { name: "Times" },
        { name: "Asks" },
      ],
      rows: all.map((each) => cells(each, now)),
    }),
  );

function cells(schedule: ScheduleView, now: number): Html[] {
  const { name, repository, number, nextAt, cron, timezone, request, agent } = schedule;
  const where = number === undefined ? repository : `${repository}#${number}`;
  return [
    html`<strong class="mono short">${name}</strong><div class="sub">${where}</div>`,
    nextAt === undefined ? html`–` : html`${until(nextAt, now)}<div class="sub">${moment(nextAt)}</div>`,
    lastOf(schedule, now),
    html`<span class="mono short">${cron}</span><div class="sub">${timezone}</div>`,
    html`${request}${agent !== undefined && html`<div class="sub">by <span class="mono">${agent}</span></div>`}`,
  ];
}

function lastOf({ last, skipped }: ScheduleView, now: number): Html {
  const asked = last && html`${last.task ? viewBadge(last.task) : "asked"} ${idLink(last.id)} ${ago(last.dueAt, now)}`;
  if (!skipped) return asked ?? html`<span class="muted">never yet</span>`;
  const why = sentence(`Skipped because ${skipWords(skipped.reason, inPages)}.`);
  return html`<p class="skipped">${ago(skipped.dueAt, now)}: ${why}</p>${asked}`;
}
