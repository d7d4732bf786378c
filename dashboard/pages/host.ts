/** One worker host: what it offers, what is at work on it, which limits hold there, and how to empty it. */
import type { RunLimits } from "../../src/task/deadlines.ts";
import { ENVELOPES } from "../../src/task/envelope.ts";
import { bytes, duration } from "../../src/text/amounts.ts";
import { amountsWords } from "../../src/text/budget.ts";
import { bare } from "../../src/text/quote.ts";
import type { HostWithRuns, RunOnHost } from "../../src/views/hosts.ts";
import { phaseWords } from "../../src/words/task-words.ts";
import { type Html, type HtmlValue, html } from "../html.ts";
import type { Block } from "../rows/drawing.ts";
import { dataTable, scrolled } from "./data-table.ts";
import { deedForm } from "./deed-form.ts";
import { type Fact, facts } from "./facts.ts";
import { type FormedNow, hostState, runMayUse, sandboxOf, slotsOf } from "./hosts.ts";
import { hostPath } from "./links.ts";
import { nothing, type Panel, panel } from "./panel.ts";
import { age, ago } from "./time.ts";
import { idLink } from "./view-badge.ts";

const OFFERS = "offers";
const LIMITS_IN_FORCE = "limits";

export function hostBlocks(host: HostWithRuns, page: FormedNow): Block[] {
  const { now } = page;
  const { runs } = host;
  const block = (of: Panel): Block => ({ id: of.id, html: () => panel(of) });
  return [
    { id: "host-head", html: () => head(host, now) },
    block({ id: OFFERS, title: "What it offers", body: facts(offered(host, now)), aside: drainForm(host, page) }),
    block({ id: LIMITS_IN_FORCE, title: "Limits in force", body: facts(limitsOf(host)) }),
    block({
      id: "runs",
      title: "At work here",
      count: runs.length,
      body: runs.length === 0 ? NOTHING_RUNS : runTable(runs, now),
    }),
    { id: "in-doubt", html: () => doubts(host) },
  ];
}

/** `drawn`: by their ids. */
export const hostBody = (drawn: ReadonlyMap<string, Html>): Html => html`${drawn.get("host-head")}
<div class="pair">${drawn.get(OFFERS)}${drawn.get(LIMITS_IN_FORCE)}</div>
${drawn.get("runs")}${drawn.get("in-doubt")}`;

const head = (host: HostWithRuns, now: number): Html =>
  html`<div class="page-head" id="host-head"><p class="crumbs"><a href="/hosts">Worker hosts</a></p><h1>${host.name}</h1>
<p class="muted">${hostState(host, now)} <span class="mono">${host.id}</span></p></div>`;

function doubts({ inDoubt = [] }: HostWithRuns): Html {
  if (inDoubt.length === 0) return html`<div id="in-doubt" hidden></div>`;
  return panel({
    id: "in-doubt",
    title: "Records in doubt",
    tone: "attention",
    body: html`<p class="line">Agents of these tasks go on, and nothing of them is published or removed. <code>orch doctor</code> says what to do.</p>
<ul class="lines">${inDoubt.map(({ task, doubt }) => html`<li>${idLink(task)} ${bare(doubt, 40)}</li>`)}</ul>`,
  });
}

const NOTHING_RUNS = nothing("No agent is at work here.");

function offered(host: HostWithRuns, now: number): Fact[] {
  const { agents, defaultAgent, models = {}, roles = {}, lacksRoom, startedAt, lastBeat } = host;
  return [
    ["Slots", slotsOf(host)],
    ["Agents", list(agents.map((name) => agentLine(name, { isDefault: name === defaultAgent, model: models[name] })))],
    ["Roles", Object.keys(roles).length > 0 && list(Object.entries(roles).map(([name, role]) => roleLine(name, role)))],
    ["Sandbox", sandboxOf(host)],
    [
      "Disk",
      lacksRoom && `${bytes(lacksRoom.freeBytes)} free, ${bytes(lacksRoom.wantedBytes)} wanted: it takes no task`,
    ],
    ["Canary", canaryWords(host, now)],
    ["Version", html`<span class="mono">${bare(host.version, 60)}</span>`],
    ["Process", host.pid === undefined ? undefined : html`<span class="mono">${host.pid}</span>`],
    ["Started", ago(startedAt, now)],
    ["Last beat", lastBeat > 0 ? ago(lastBeat, now) : "never"],
  ];
}

/** What it showed last, when it was idle. */
function canaryWords({ canary }: HostWithRuns, now: number): HtmlValue {
  if (!canary) return undefined;
  const { askedAt, at, ms, failed } = canary;
  if (at === undefined) return html`sent ${ago(askedAt, now)}, not back yet`;
  if (failed !== undefined) return html`failed ${ago(at, now)}: ${bare(failed, 300)}`;
  return html`went through queue and sandbox ${ago(at, now)}${ms !== undefined && `, in ${duration(ms)}`}`;
}

const list = (all: readonly Html[]): Html => html`<ul class="lines">${all.map((each) => html`<li>${each}</li>`)}</ul>`;

type Offer = { isDefault: boolean; model?: string | undefined };

const agentLine = (name: string, { isDefault, model }: Offer): Html =>
  html`<span class="mono">${name}</span>${model !== undefined && html` <span class="muted">${bare(model, 80)}</span>`}${isDefault && html` <span class="muted">(default)</span>`}`;

const roleLine = (name: string, { agent, model }: NonNullable<HostWithRuns["roles"]>[string]): Html =>
  html`<span class="mono">${bare(name, 60)}</span>${agent !== undefined && html` <span class="muted">by ${bare(agent, 60)}${model !== undefined && `, ${bare(model, 80)}`}</span>`}`;

const LIMITS: Record<keyof RunLimits, string> = {
  preparingMinutes: "Preparing",
  setupMinutes: "Setup command",
  firstOutputMinutes: "Until the agent's first word",
  silenceMinutes: "Silence of the agent",
  totalMinutes: "The agent's whole work",
  verifyMinutes: "Verify command",
  publishingMinutes: "Publishing",
};

function limitsOf(host: HostWithRuns): Fact[] {
  const { limits, budget } = host;
  const times = Object.entries(LIMITS).map(([key, name]): Fact => {
    const minutes = limits?.[key as keyof RunLimits];
    return [name, minutes === undefined ? undefined : duration(minutes * 60_000)];
  });
  const budgets = (["run", ...ENVELOPES] as const).map((of): Fact => {
    const most = budget?.[of];
    return [BUDGETS[of], most && Object.keys(most).length > 0 ? amountsWords(most) : undefined];
  });
  const all: Fact[] = [["A run may use", runMayUse(host)], ...times, ...budgets];
  return all.some(([, value]) => value !== undefined)
    ? all
    : [["Limits", "This host does not say: it is of an older version"]];
}

const BUDGETS = {
  ...{ run: "Budget of a run", task: "Budget of a task", plan: "Budget of a plan" },
  ...{ conversation: "Budget of a conversation", person: "Budget of a person, a day" },
  ...{ repository: "Budget of a repository, a day", day: "Budget of all tasks, a day" },
};

function drainForm(host: HostWithRuns, page: FormedNow): HtmlValue {
  if (!host.alive || host.draining) return undefined;
  return deedForm(page, {
    to: `${hostPath(host.id)}/drain`,
    word: "Drain",
    look: "danger",
    label: `Drain ${host.name}`,
    confirm: `${host.name} takes no more work, and ends when its last run has ended.`,
  });
}

const runTable = (runs: readonly RunOnHost[], now: number): Html =>
  scrolled(
    dataTable({
      columns: [
        { name: "Task" },
        { name: "What it does" },
        { name: "For", look: "number" },
        { name: "Agent's last word", look: "number" },
      ],
      rows: runs.map(({ task, phase, stopping, since, lastOutputAt }) => [
        idLink(task),
        stopping ? "Is being stopped" : phaseWords[phase],
        age(since, now),
        lastOutputAt === undefined ? "–" : ago(lastOutputAt, now),
      ]),
    }),
  );
