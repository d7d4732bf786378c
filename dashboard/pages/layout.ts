/**
 * The frame of every page: where one is, who looks, and whether what is shown is live. Its look is in `assets/dashboard.css`; that names the
 * classes which pages share. Nothing here is inline style or script, so the strictest policy of the browser holds.
 */
import { documentOf } from "../document.ts";
import { MARK } from "../door/brand.ts";
import { type Html, html } from "../html.ts";
import type { Answer, Visit } from "../visit.ts";
import { SIGNS } from "./standing-badge.ts";
import { clock } from "./time.ts";

export type PageParts = {
  title: string;
  visit: Visit;
  /** Path of the entry of the navigation under which the page stands. */
  at?: string;
  body: Html;
  /** What `/events?view=` is asked for, where the page is kept up to date. */
  live?: string;
  /** Names of further modules in `assets/`. */
  scripts?: readonly string[];
  /** Names of style sheets in `assets/` besides the one that all pages have. */
  styles?: readonly string[];
  status?: number;
};

type Entry = { path: string; name: string /** There is nothing for anybody else. */; operatorsOnly?: true };

const ENTRIES: readonly Entry[] = [
  { path: "/", name: "Overview" },
  { path: "/tasks", name: "Tasks" },
  { path: "/sessions", name: "Sessions" },
  { path: "/schedules", name: "Schedules" },
  { path: "/hosts", name: "Hosts", operatorsOnly: true },
  { path: "/stats", name: "Stats", operatorsOnly: true },
  { path: "/deeds", name: "Deeds", operatorsOnly: true },
];

export function page(parts: PageParts): Answer {
  const { status } = parts;
  return { kind: "page", body: whole(parts), ...(status !== undefined && { status }) };
}

function whole({ title, visit, at, body, live, scripts = [], styles = [] }: PageParts): Html {
  return documentOf({
    title,
    styles,
    scripts: ["dashboard.js", ...scripts],
    attributes: live !== undefined && html` data-view="${live}"`,
    body: html`${SIGNS}<a class="skip" href="#content">Skip to content</a>
<header class="top">
<a class="brand" href="/" aria-label="Orch, overview">${MARK}<span>Orch</span></a>
<nav aria-label="Pages"><ul>${entriesFor(visit, at)}</ul></nav>
<form class="search" role="search" action="/tasks"><label class="unseen" for="search">Search tasks</label><input id="search" name="q" type="search" placeholder="Search tasks" autocomplete="off" aria-keyshortcuts="/"></form>
<div class="top-end">${asOf(visit.now)}${whoLooks(visit)}</div>
</header>
<main id="content" tabindex="-1">${body}</main>
<footer class="foot">Keys: <kbd>j</kbd> <kbd>k</kbd> next and previous row, <kbd>Enter</kbd> opens it, <kbd>/</kbd> searches. Agents' words are shown as they are: do not trust them.</footer>
<p id="announce" class="unseen" role="status" aria-live="polite"></p>`,
  });
}

const entriesFor = ({ rights }: Visit, at: string | undefined): Html[] =>
  ENTRIES.filter(({ operatorsOnly }) => !operatorsOnly || rights.isOperator).map(
    ({ path, name }) => html`<li><a href="${path}"${path === at && html` aria-current="page"`}>${name}</a></li>`,
  );

/** The page's script makes "live" of it, or "stale since", or "signed out" with the link. */
const asOf = (now: number): Html =>
  html`<span id="live" class="live" data-at="${now}"><span class="live-word">as of</span> ${clock(now)}<a href="/login" hidden>Sign in</a></span>`;

function whoLooks({ viewer, formToken }: Visit): Html {
  const name = viewer.kind === "operator" ? viewer.name : viewer.login;
  return html`<form class="viewer" method="post" action="/logout">
<input type="hidden" name="token" value="${formToken}">
<span class="viewer-name" title="${viewer.kind === "operator" ? "operator" : "signed in by GitHub"}">${name}</span>
<button class="quiet" type="submit">Sign out</button>
</form>`;
}
