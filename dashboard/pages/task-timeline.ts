/** A task's timeline, drawn to scale: how long it waited, how long each part of each run took, and what happened in between. */

import type { Task } from "../../src/task/task.ts";
import type { TaskEvent } from "../../src/task/timeline.ts";
import { duration } from "../../src/text/amounts.ts";
import { type Html, html } from "../html.ts";
import { type Segments, segmentsOf, totals } from "./segments.ts";
import { moment } from "./time.ts";

/** Of the drawing's own units. */
const WIDTH = 1_000;

export function timelineBlock(task: Task, events: readonly TaskEvent[], now: number): Html {
  const all = segmentsOf(task, events, now);
  return html`<section class="panel" id="task-timeline" aria-labelledby="task-timeline-title">
<header class="panel-head"><h2 id="task-timeline-title">Timeline</h2><div class="panel-aside muted">${duration(all.to - all.from)} in all</div></header>
<div class="pad">${drawing(all)}
<div class="timeline-ends sub"><span>${moment(all.from)}</span><span>${moment(all.to)}</span></div>
<ul class="legend">${totals(all.segments).map(({ what, ms }) => html`<li><svg class="key" width="10" height="10" aria-hidden="true"><rect class="seg ${what}" width="10" height="10" rx="2"/></svg> ${what} <strong>${duration(ms)}</strong></li>`)}</ul>
${all.marks.length > 0 && html`<details><summary>What happened (${all.marks.length})</summary><ol class="marks">${all.marks.map(({ at, word }) => html`<li>${moment(at)} ${word}</li>`)}</ol></details>`}
</div></section>`;
}

function drawing({ from, to, segments, marks }: Segments): Html {
  const span = Math.max(1, to - from);
  const x = (at: number): number => Math.round(((at - from) / span) * WIDTH * 10) / 10;
  return html`<svg class="timeline" viewBox="0 0 ${WIDTH} 28" preserveAspectRatio="none" role="img" aria-label="Timeline; the list below says the same in words">
<rect class="seg nothing" x="0" y="4" width="${WIDTH}" height="20"/>
${segments.map(({ what, from: since, to: until, run }) => html`<rect class="seg ${what}" x="${x(since)}" y="4" width="${Math.max(1.5, x(until) - x(since))}" height="20"><title>${what}${run !== undefined && ` (run ${run})`}: ${duration(until - since)}</title></rect>`)}
${marks.map(({ at, word }) => html`<rect class="mark-at" x="${Math.min(x(at), WIDTH - 2)}" y="0" width="2" height="28"><title>${word}</title></rect>`)}
</svg>`;
}
