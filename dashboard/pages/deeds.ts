/** What people did, the newest first: who, by which way, what, about which tasks, and whether it came to something. */
import type { KeptDeed } from "../../src/task/deeds.ts";
import { bare } from "../../src/text/quote.ts";
import { type Html, type HtmlValue, html } from "../html.ts";
import { dataTable, scrolled } from "./data-table.ts";
import { hostPath } from "./links.ts";
import { nothing, panel } from "./panel.ts";
import { badge } from "./standing-badge.ts";
import { ago } from "./time.ts";
import { idLink } from "./view-badge.ts";

export type DeedsPage = {
  deeds: readonly KeptDeed[];
  /** There are older ones. */
  hasMore: boolean;
};

/** Of the tasks of one deed, so many are named. */
const NAMED = 5;

export function deedsBody({ deeds, hasMore }: DeedsPage, now: number): Html {
  const last = deeds.at(-1);
  return html`<div class="page-head"><h1>Deeds</h1>
<p class="muted">What people did to tasks, hosts and the queue, wherever they did it. <code>orch audit</code> says the same.</p></div>
${panel({ id: "deeds", title: "Log", body: deeds.length === 0 ? NONE : table(deeds, now) })}
${hasMore && last && html`<p class="line"><a href="/deeds?${new URLSearchParams({ before: last.id }).toString()}">Older</a></p>`}`;
}

const NONE = nothing("Nobody has done anything yet.", "What is asked, cancelled, answered or approved is noted here.");

const table = (deeds: readonly KeptDeed[], now: number): Html =>
  scrolled(
    dataTable({
      columns: [
        { name: "Who" },
        { name: "Did what", look: "mono" },
        { name: "To what" },
        { name: "By which way" },
        { name: "Came to" },
        { name: "When", look: "number" },
      ],
      rows: deeds.map((deed) => cells(deed, now)),
    }),
  );

const cells = (deed: KeptDeed, now: number): HtmlValue[] => [
  html`<strong>${bare(deed.by.name, 60)}</strong>${deed.by.id === undefined && html`<div class="sub">operator</div>`}`,
  bare(deed.verb, 40),
  subject(deed),
  bare(deed.via, 20),
  deed.done ? DONE : html`${REFUSED}${deed.why !== undefined && html`<div class="sub">${bare(deed.why, 200)}</div>`}`,
  ago(deed.at, now),
];

const DONE = badge({ word: "done", tone: "ok", sign: "check" });
const REFUSED = badge({ word: "refused", tone: "idle", sign: "minus" });

function subject({ tasks, place, host, program }: KeptDeed): Html {
  const more = tasks.length > NAMED && html` <span class="muted">and ${tasks.length - NAMED} more</span>`;
  return html`${place !== undefined && html`${bare(place, 160)} `}${program !== undefined && html`<span class="mono">${bare(program, 60)}</span> `}${tasks.slice(0, NAMED).map((id) => html`${idLink(id)} `)}${more}${host !== undefined && html`<a class="mono" href="${hostPath(host)}">${bare(host, 60)}</a>`}`;
}
