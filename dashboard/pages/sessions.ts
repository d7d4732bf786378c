/**
 * The wall of sessions: of each agent at work the last lines that it said, as text, those first that need somebody. Beyond that its order never
 * changes by itself. Lines are shown to those who may write in the repository.
 */
import { bare } from "../../src/text/quote.ts";
import type { TaskView } from "../../src/views/task-view.ts";
import { type Html, html } from "../html.ts";
import type { SeenRegion, Tier } from "../rows/drawing.ts";
import { placeName, taskPath } from "./links.ts";
import { nothing } from "./panel.ts";
import { ago } from "./time.ts";
import { viewBadge } from "./view-badge.ts";

/** As many as one reads at a glance. */
export const WALL_LINES = 12;
export const WALL = "wall";

export type Session = {
  task: TaskView;
  /** Visible text, the oldest first. */
  lines: readonly string[];
  /** When its agent last said anything, Unix ms. */
  lastOutputAt?: number | undefined;
  /** What it waits for a person to do, in a few words. */
  needs?: string | undefined;
};

export function sessionsBody({ rows, total }: SeenRegion): Html {
  const isEmpty = total === 0;
  return html`<div class="page-head"><h1>Sessions <span class="count" data-total="${WALL}">${total}</span></h1>
<p class="muted">The last words of every agent at work. Each leads to the whole.</p></div>
<div id="${WALL}" class="wall" data-some="${WALL}"${isEmpty && html` hidden`}>${rows.map((row) => row.html)}</div>
<div data-none="${WALL}"${!isEmpty && html` hidden`}>${nothing("No agent is at work.", "A session is here from when its run begins until it is over.")}</div>`;
}

export const sessionKey = ({ task }: Session): string => `session-${task.id}`;

export function sessionRow(session: Session, tier: Tier, now: number): Html {
  const { task, lines, lastOutputAt, needs } = session;
  const isWriter = tier === "write";
  const key = sessionKey(session);
  return html`<article class="session${needs !== undefined && " attention"}" id="row-${key}" data-key="${key}" data-row>
<header><h2><a href="${taskPath(task.id)}">${placeName(task)}</a>${task.origin.kind === "node" && html` <span class="node">node <code>${bare(task.origin.node, 40)}</code></span>`}</h2>${viewBadge(task)}</header>
<p class="session-request">${task.request}</p>
${isWriter && needs !== undefined && html`<p class="needs">${needs}</p>`}
<pre class="last-lines">${isWriter ? lines.slice(-WALL_LINES).join("\n") : "Shown to those who may write in the repository."}</pre>
<footer class="muted">${task.agent !== undefined && html`<span class="mono">${task.agent}</span>`}${task.host && html`<span>${task.host.name ?? task.host.id}</span>`}${whenSaid(lines, lastOutputAt, now)}</footer>
</article>`;
}

/** Words may be known before it is known when they were said. */
function whenSaid(lines: readonly string[], lastOutputAt: number | undefined, now: number): Html | undefined {
  if (lastOutputAt !== undefined) return html`<span>said ${ago(lastOutputAt, now)}</span>`;
  return lines.length === 0 ? html`<span>not a word yet</span>` : undefined;
}
