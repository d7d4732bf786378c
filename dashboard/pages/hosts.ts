/** The worker hosts at a glance: which are alive, what of them is busy, and whether all work is held back. */
import type { Pause } from "../../src/task/pause.ts";
import { bytes, count } from "../../src/text/amounts.ts";
import { bare } from "../../src/text/quote.ts";
import type { HostWithRuns } from "../../src/views/hosts.ts";
import { inForceWords, strainWords } from "../../src/words/limit-words.ts";
import { type Html, html } from "../html.ts";
import type { Block } from "../rows/drawing.ts";
import type { Visit } from "../visit.ts";
import { dataTable, scrolled } from "./data-table.ts";
import { deedForm } from "./deed-form.ts";
import { hostPath } from "./links.ts";
import { nothing, panel } from "./panel.ts";
import { badge } from "./standing-badge.ts";
import { age, ago } from "./time.ts";

/** Of what many viewers share the token is empty: the page's script puts its own in. */
export type FormedNow = Pick<Visit, "formToken" | "now">;

export type HostsView = { hosts: readonly HostWithRuns[]; pause?: Pause | undefined };

/** One below the other. */
export const hostsBlocks = ({ hosts, pause }: HostsView, page: FormedNow): Block[] => [
  { id: "hosts-head", html: () => head(hosts) },
  { id: "work", html: () => paused(pause, page) },
  {
    id: "hosts",
    html: () =>
      panel({
        id: "hosts",
        title: "Hosts",
        count: hosts.length,
        body: hosts.length === 0 ? NO_HOST : table(hosts, page.now),
      }),
  },
];

function head(hosts: HostsView["hosts"]): Html {
  const alive = hosts.filter((host) => host.alive);
  const slots = alive.reduce((sum, host) => sum + host.slots, 0);
  const busy = alive.reduce((sum, host) => sum + host.busy, 0);
  return html`<div class="page-head" id="hosts-head"><h1>Worker hosts</h1>
<p class="muted">${alive.length} of ${count(hosts.length, "host")} alive · ${busy} of ${count(slots, "slot")} busy</p></div>`;
}

const NO_HOST = nothing(
  "No worker host has registered.",
  html`<code>npm start</code> runs one on its machine, <code>npm run start:worker</code> one on another.`,
);

function paused(pause: Pause | undefined, page: FormedNow): Html {
  if (!pause)
    return panel({
      id: "work",
      title: "Work",
      body: html`<p class="line">Hosts take tasks as their slots become free.</p>`,
      aside: deedForm(page, {
        to: "/queue/pause",
        word: "Pause all work",
        confirm: "No host takes another task until you resume. What is at work goes on to its end.",
      }),
    });
  return panel({
    id: "work",
    title: "All work is paused",
    tone: "attention",
    body: html`<p class="line">${pause.by} paused it ${ago(pause.since, page.now)}. What was at work then goes on to its end; what is asked meanwhile is queued.</p>`,
    aside: deedForm(page, { to: "/queue/resume", word: "Resume", look: "main" }),
  });
}

const table = (hosts: readonly HostWithRuns[], now: number): Html =>
  scrolled(
    dataTable({
      columns: [
        { name: "Host" },
        { name: "State" },
        { name: "Slots" },
        { name: "Agents", look: "mono" },
        { name: "Sandbox" },
        { name: "A run may use" },
        { name: "Version", look: "mono" },
        { name: "Last beat", look: "number" },
      ],
      rows: hosts.map((host) => [
        html`<a class="task-link" href="${hostPath(host.id)}">${host.name}</a>`,
        hostState(host, now),
        slotsOf(host),
        host.agents.join(", "),
        sandboxOf(host),
        runMayUse(host) ?? "–",
        bare(host.version, 60),
        host.lastBeat > 0 ? ago(host.lastBeat, now) : "never",
      ]),
    }),
  );

export function hostState(host: HostWithRuns, now: number): Html {
  const { alive, draining, lacksRoom, strained, cannotWork, lastBeat } = host;
  if (!alive && lastBeat > 0) return html`${SILENT} for ${age(lastBeat, now)}`;
  if (!alive) return SILENT;
  if (lacksRoom)
    return html`${badge({ word: "disk is full", tone: "bad", sign: "alert" })} ${bytes(lacksRoom.freeBytes)} free`;
  if (strained) return html`${badge({ word: "takes no task", tone: "warn", sign: "alert" })} ${strainWords(strained)}`;
  if (cannotWork)
    return html`${badge({ word: "cannot work", tone: "bad", sign: "alert" })} ${cannotWork.why ?? "it takes no job"}, for ${age(cannotWork.since, now)}`;
  return draining
    ? badge({ word: "draining", tone: "warn", sign: "stop" })
    : badge({ word: "alive", tone: "ok", sign: "check" });
}

/** Of its machine. Undefined of a host that does not say. */
export const runMayUse = ({ inForce }: Pick<HostWithRuns, "inForce">): string | undefined =>
  inForce && (inForce.length > 0 ? `at most ${bare(inForceWords(inForce), 300)}` : "as much as it wants");

const SILENT = badge({ word: "silent", tone: "bad", sign: "alert" });

/** Who sees one square for each slot need not count; of very many the number says more. */
const SQUARES = 16;

export function slotsOf({ busy, slots }: Pick<HostWithRuns, "busy" | "slots">): Html {
  const squares = slots > SQUARES ? [] : Array.from({ length: Math.max(0, slots) }, (_, index) => index < busy);
  return html`<span class="slot-squares"><span class="squares" aria-hidden="true">${squares.map((isBusy) => html`<span class="square${isBusy && " taken"}"></span>`)}</span> <span class="number">${busy} of ${slots}</span></span>`;
}

/** Without one every agent can do what the host's user can. */
export const sandboxOf = ({ sandbox }: Pick<HostWithRuns, "sandbox">): Html =>
  sandbox === "none"
    ? badge({ word: "none", tone: "warn", sign: "alert" })
    : html`<span class="mono">${sandbox}</span>`;
