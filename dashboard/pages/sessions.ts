/**
 * The wall of sessions: of each agent at work the last lines that it said, as text, those first that need somebody. Its order never changes by
 * itself but for that. Lines come as an own stream of the page, only while somebody looks at it.
 */
import type { TaskView } from "../../src/views/task-view.ts";
import { type Html, html } from "../html.ts";
import { placeName, taskPath } from "./links.ts";
import { nothing } from "./panel.ts";
import { ago } from "./time.ts";
import { viewBadge } from "./view-badge.ts";

/** As many as one reads at a glance. */
export const WALL_LINES = 12;

export type Session = {
  task: TaskView;
  /** Visible text, the oldest first. */
  lines: readonly string[];
  /** When its agent last said anything, Unix ms. */
  lastOutputAt?: number | undefined;
  /** What it waits for a person to do, in a few words. */
  needs?: string | undefined;
};

export const sessionsBody = (
  sessions: readonly Session[],
  now: number,
): Html => html`<div class="page-head"><h1>Sessions</h1>
<p class="muted">The last words of every agent at work. Each leads to the whole.</p></div>
<div id="wall" class="wall" data-lines="/sessions/lines">${wall(sessions, now)}</div>`;

/** What is in the wall. */
export const wall = (sessions: readonly Session[], now: number): Html =>
  sessions.length === 0
    ? nothing("No agent is at work.", "A session is here from when its run begins until it is over.")
    : html`${sessions.map((session) => sessionOf(session, now))}`;

export function sessionOf({ task, lines, lastOutputAt, needs }: Session, now: number): Html {
  return html`<article class="session${needs !== undefined && " attention"}" id="session-${task.id}">
<header><h2><a href="${taskPath(task.id)}" id="session-${task.id}-link">${placeName(task)}</a></h2>${viewBadge(task)}</header>
<p class="session-request">${task.request}</p>
${needs !== undefined && html`<p class="needs">${needs}</p>`}
<pre class="last-lines">${lines.slice(-WALL_LINES).join("\n")}</pre>
<footer class="muted">${task.agent !== undefined && html`<span class="mono">${task.agent}</span>`}${task.host && html`<span>${task.host.name ?? task.host.id}</span>`}<span>${lastOutputAt === undefined ? "not a word yet" : html`said ${ago(lastOutputAt, now)}`}</span></footer>
</article>`;
}
