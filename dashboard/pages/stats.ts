/**
 * What a time came to, as ten questions and their answers: shares with how sure they are, what a merged pull request costs, how long people waited, and
 * what failed as work apart from what could not be run at all. Each number stands in a table; a picture beside it says the same.
 */
import type { Stats, StatsQuery } from "../../src/history/stats.ts";
import { dollars, duration } from "../../src/text/amounts.ts";
import { bare } from "../../src/text/quote.ts";
import { amountBar, intervalBar, spanBar } from "../charts/bars.ts";
import { type Column, columns } from "../charts/columns.ts";
import { type Html, type HtmlValue, html } from "../html.ts";
import { nothing, panel } from "./panel.ts";
import { idLink } from "./view-badge.ts";

export type By = StatsQuery["by"][number];
export const BY: readonly By[] = ["agent", "kind", "repository", "model"];
/** In days. */
export const SINCE = [7, 30, 90, 365] as const;

export type Shown = { by: By; days: number };

type Share = { rate: number; from: number; to: number };
type Group = Stats["groups"][number] & { ciRate?: Share; ciKnown?: number };
type Host = Stats["hosts"][number] & { busySlots?: number };

export function statsBody(stats: Stats, shown: Shown): Html {
  const groups: readonly Group[] = stats.groups;
  return html`<div class="page-head"><h1>Stats</h1>
<p class="muted">Tasks that came to an end since ${stats.since}, days by UTC. <code>orch stats</code> says the same.</p></div>
${filters(shown)}
${
  groups.length === 0
    ? panel({ id: "stats", title: "Nothing yet", body: nothing("No task came to an end in this time.") })
    : html`<div class="stats">${panels({ ...stats, groups }, shown.by)}</div>`
}`;
}

const NAMES: Record<By, string> = { agent: "agent", kind: "kind of work", repository: "repository", model: "model" };

const filters = ({ by, days }: Shown): Html => html`<form class="filters" method="get" action="/stats">
<label>For each <select name="by">${BY.map((each) => html`<option value="${each}"${each === by && html` selected`}>${NAMES[each]}</option>`)}</select></label>
<label>of the last <select name="days">${SINCE.map((each) => html`<option value="${each}"${each === days && html` selected`}>${each} days</option>`)}</select></label>
<button type="submit">Show</button>
</form>`;

type Whole = Omit<Stats, "groups"> & { groups: readonly Group[] };

function panels({ groups, days, recoveries, hosts, spenders }: Whole, by: By): Html[] {
  return [
    panel({ id: "merged", title: "What was merged", body: merged(groups, by), aside: INTERVAL }),
    panel({ id: "cost", title: "What a merged pull request costs", body: cost(groups, by) }),
    panel({
      id: "first",
      title: "Time to the pull request",
      body: times(groups, by, "toPullRequest"),
      aside: PERCENTILES,
    }),
    panel({ id: "queue", title: "Wait for a slot", body: times(groups, by, "queued"), aside: PERCENTILES }),
    panel({ id: "ends", title: "How tasks ended", body: ends(days) }),
    panel({ id: "rounds", title: "Rounds of the check", body: rounds(groups, by) }),
    panel({ id: "ci", title: "CI green at the first push", body: ci(groups, by), aside: INTERVAL }),
    panel({ id: "recoveries", title: "What was recovered", body: recovered(recoveries) }),
    panel({ id: "slots", title: "Slots at work", body: slots(hosts) }),
    panel({ id: "spenders", title: "Who cost most", body: spent(spenders) }),
  ];
}

const INTERVAL = html`<span class="muted">with the interval of 90 %</span>`;
const PERCENTILES = html`<span class="muted">half of them, and 95 %</span>`;

const nameOf = ({ of }: Group, by: By): Html =>
  html`<th scope="row" class="name">${bare(of[by] ?? "", 80) || "not known"}</th>`;

type Heading = string | Html;
const table = (heading: readonly Heading[], rows: readonly Html[]): Html => html`<div class="scroll"><table>
<thead><tr>${heading.map((each) => html`<th scope="col">${each}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`;

const percent = (share: number): string => `${Math.round(share * 100)} %`;
const rangeOf = ({ from, to }: Share): string => `${Math.round(from * 100)}–${percent(to)}`;

const merged = (groups: readonly Group[], by: By): Html =>
  table(
    [NAMES[by], "tasks", "merged", "share", "", "could not run"],
    groups.map(
      (
        group,
      ) => html`<tr>${nameOf(group, by)}<td class="number">${group.tasks}</td><td class="number">${group.merged}</td>
<td class="number">${group.mergeRate ? html`${percent(group.mergeRate.rate)} <span class="muted">${rangeOf(group.mergeRate)}</span>` : "–"}</td>
<td>${group.mergeRate && intervalBar(group.mergeRate)}</td><td class="number">${group.couldNotRun}</td></tr>`,
    ),
  );

function cost(groups: readonly Group[], by: By): Html {
  const most = Math.max(0, ...groups.map(({ costPerMerged = 0 }) => costPerMerged));
  return table(
    [NAMES[by], "for each merged", "", "altogether"],
    groups.map(
      (
        group,
      ) => html`<tr>${nameOf(group, by)}<td class="number">${group.costPerMerged === undefined ? "–" : dollars(group.costPerMerged)}</td>
<td>${group.costPerMerged !== undefined && amountBar(group.costPerMerged, most)}</td>
<td class="number">${group.costUnknown > 0 && html`<span class="muted">at least </span>`}${dollars(group.costUsd)}</td></tr>`,
    ),
  );
}

function times(groups: readonly Group[], by: By, of: "toPullRequest" | "queued"): Html {
  const known = groups.filter((group) => group[of]);
  const most = Math.max(0, ...known.map((group) => group[of]?.p95 ?? 0));
  if (known.length === 0) return nothing("Nothing is known of this time.");
  return table(
    [NAMES[by], "n", "p50", "p95", ""],
    known.flatMap((group) => {
      const time = group[of];
      return time
        ? [
            html`<tr>${nameOf(group, by)}<td class="number">${time.n}</td><td class="number">${duration(time.p50)}</td><td class="number">${duration(time.p95)}</td><td>${spanBar(time, most)}</td></tr>`,
          ]
        : [];
    }),
  );
}

const ENDS = [
  ["pullRequests", "part-pull", "pull request"],
  ["noChanges", "part-empty", "no changes"],
  ["failed", "part-failed", "work failed"],
  ["couldNotRun", "part-error", "could not run"],
  ["others", "part-other", "other ends"],
] as const;

function ends(days: Stats["days"]): Html {
  const all: Column[] = days.map((day) => ({
    day: day.day,
    parts: ENDS.map(([key, look, name]) => ({ look, name, amount: day[key] })),
  }));
  const rows = days
    .toReversed()
    .map(
      (day) =>
        html`<tr><th scope="row" class="number">${day.day}</th>${ENDS.map(([key]) => html`<td class="number">${day[key]}</td>`)}</tr>`,
    );
  return html`<ul class="legend">${ENDS.map(([, look, name]) => html`<li><span class="key ${look}"></span> ${name}</li>`)}</ul>
<div class="scroll" tabindex="0" role="region" aria-label="Ends of tasks, by day">${columns(all)}</div>
<details><summary>As a table</summary>${table(["day", ...ENDS.map(([, , name]) => name)], rows)}</details>`;
}

function rounds(groups: readonly Group[], by: By): Html {
  const known = groups.filter(({ verifyRounds }) => verifyRounds !== null);
  if (known.length === 0)
    return nothing("No run had a check.", "`verify` in a repository's `.github/orch.yml` names one.");
  const most = Math.max(1, ...known.map(({ verifyRounds }) => verifyRounds ?? 0));
  return table(
    [NAMES[by], "times, on average", ""],
    known.map(
      (group) =>
        html`<tr>${nameOf(group, by)}<td class="number">${(group.verifyRounds ?? 0).toFixed(2)}</td><td>${amountBar(group.verifyRounds ?? 0, most)}</td></tr>`,
    ),
  );
}

function ci(groups: readonly Group[], by: By): Html {
  const known = groups.flatMap((group) => (group.ciRate ? [{ group, rate: group.ciRate }] : []));
  if (known.length === 0) return nothing("Nothing is known of the repositories' own checks in this time.");
  return table(
    [NAMES[by], "n", "green", ""],
    known.map(
      ({ group, rate }) =>
        html`<tr>${nameOf(group, by)}<td class="number">${group.ciKnown}</td><td class="number">${percent(rate.rate)} <span class="muted">${rangeOf(rate)}</span></td><td>${intervalBar(rate)}</td></tr>`,
    ),
  );
}

const recovered = ({ hostRestarts, lostRuns, takenUp }: Stats["recoveries"]): Html =>
  table(
    ["what happened", "times"],
    [
      html`<tr><th scope="row">a host restarted, and its agents went on</th><td class="number">${hostRestarts}</td></tr>`,
      html`<tr><th scope="row">a run was lost with its host, and begun anew</th><td class="number">${lostRuns}</td></tr>`,
      html`<tr><th scope="row">finished work was taken up without its agent</th><td class="number">${takenUp}</td></tr>`,
    ],
  );

function slots(hosts: readonly Host[]): Html {
  if (hosts.length === 0) return nothing("No host had a run in this time.");
  const most = Math.max(1, ...hosts.map(({ busyMs }) => busyMs));
  const isKnown = hosts.some(({ busySlots }) => busySlots !== undefined);
  return table(
    ["host", "runs", "at work", "", ...(isKnown ? ["slots taken"] : [])],
    hosts.map(
      ({ host, runs, busyMs, busySlots }) =>
        html`<tr><th scope="row" class="name mono">${bare(host, 60)}</th><td class="number">${runs}</td><td class="number">${duration(busyMs)}</td><td>${amountBar(busyMs, most)}</td>${isKnown && html`<td class="number">${busySlots?.toFixed(2) ?? "–"}</td>`}</tr>`,
    ),
  );
}

function spent({ tasks, persons, repositories }: Stats["spenders"]): Html {
  const most = Math.max(0, ...[...tasks, ...persons, ...repositories].map(({ costUsd }) => costUsd));
  const rows = (of: string, all: Stats["spenders"]["tasks"], name: (text: string) => HtmlValue) =>
    all.map(
      (each, index) =>
        html`<tr>${index === 0 && html`<th scope="rowgroup" rowspan="${all.length}">${of}</th>`}<td class="name">${name(each.name)}</td><td class="number">${dollars(each.costUsd)}</td><td>${amountBar(each.costUsd, most)}</td></tr>`,
    );
  const all = [
    ...rows("tasks", tasks, idLink),
    ...rows("people", persons, (name) => bare(name, 60)),
    ...rows("repositories", repositories, (name) => bare(name, 140)),
  ];
  if (all.length === 0) return nothing("No agent has said what it cost.");
  return html`${table(["of", "name", "cost", ""], all)}<p class="muted line">As far as agents say.</p>`;
}
