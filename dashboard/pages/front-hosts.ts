/** The worker hosts in a strip: how many of their slots are taken, and what is the matter with one. For operators. */
import { type HostWithRuns, hosts as hostsOf } from "../../src/views/hosts.ts";
import { type Html, html } from "../html.ts";
import type { Seen } from "../rows/drawing.ts";
import type { Facts } from "../rows/facts.ts";
import { hostPath } from "./links.ts";
import { nothing } from "./panel.ts";
import { badge } from "./standing-badge.ts";
import { ago } from "./time.ts";

const MOST = 24;
const MOST_DRAWN_SLOTS = 32;
const MOST_AGENTS = 6;

export function hostsBlock(facts: Facts, { isOperator }: Seen): Html {
  if (!isOperator) return html`<div id="hosts" hidden></div>`;
  const all = hostsOf(facts);
  // One that was left long ago is of no interest here.
  const shown = all
    .filter(({ alive, busy }) => alive || busy > 0)
    .sort((one, other) => (one.name < other.name ? -1 : 1));
  const rest = all.length - Math.min(shown.length, MOST);
  return html`<section class="panel" id="hosts" aria-labelledby="hosts-title">
<header class="panel-head"><h2 id="hosts-title">Hosts <span class="count">${shown.length}</span></h2><div class="panel-aside"><a href="/hosts">All hosts</a></div></header>
${shown.length === 0 ? nothing("No worker host is connected, so nothing can start.", html`<code>npm start</code> runs one here.`) : html`<ul class="host-strip">${shown.slice(0, MOST).map((host) => hostCard(host, facts.now))}</ul>`}
${shown.length > 0 && rest > 0 && html`<p class="more"><a href="/hosts">and ${rest} more</a></p>`}
</section>`;
}

const hostCard = (host: HostWithRuns, now: number): Html =>
  html`<li class="host-card"><div class="host-name"><a href="${hostPath(host.id)}">${host.name}</a>${stateOf(host)}</div>
${slots(host)}
<div class="sub">${host.busy}/${host.slots} slots · ${host.sandbox === "none" ? "no sandbox" : host.sandbox} · ${agentsOf(host)}</div>
<div class="sub">heard of ${ago(host.lastBeat, now)}</div></li>`;

function agentsOf({ agents }: HostWithRuns): string {
  const more = agents.length - MOST_AGENTS;
  return `${agents.slice(0, MOST_AGENTS).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function stateOf({ alive, draining, lacksRoom, strained, cannotWork }: HostWithRuns): Html | undefined {
  if (!alive) return badge({ word: "silent", tone: "bad", sign: "alert" });
  if (lacksRoom) return badge({ word: "disk full", tone: "bad", sign: "alert" });
  if (cannotWork) return badge({ word: "cannot work", tone: "bad", sign: "alert" });
  if (strained) return badge({ word: strained.memory ? "memory short" : "busy", tone: "warn", sign: "alert" });
  return draining ? badge({ word: "draining", tone: "warn", sign: "pause" }) : undefined;
}

/** One field for each slot. */
function slots({ busy, slots: all }: HostWithRuns): Html {
  const drawn = Math.min(all, MOST_DRAWN_SLOTS);
  const fields = Array.from({ length: drawn }, (_, nth) => nth);
  return html`<svg class="slots" role="img" aria-label="${busy} of ${all} slots busy" viewBox="0 0 ${drawn * 10} 8" preserveAspectRatio="none" height="8" width="${drawn * 14}">${fields.map(
    (nth) => html`<rect class="${nth < busy ? "taken" : "free"}" x="${nth * 10}" y="0" width="8" height="8" rx="1.5"/>`,
  )}</svg>`;
}
