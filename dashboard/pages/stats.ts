/**
 * What a time came to, as ten questions and their answers: shares with how sure they are, what a merged pull request costs, how long people waited, and
 * what failed as work apart from what could not be run at all. Each number stands in a table; a picture beside it says the same.
 */
import type { Stats, StatsQuery } from "../../src/history/stats.ts";
import { dollars, duration } from "../../src/text/amounts.ts";
import { bare } from "../../src/text/quote.ts";
import { sumWords } from "../../src/words/spent-words.ts";
import { amountBar, intervalBar, spanBar } from "../charts/bars.ts";
import { type Column, columns } from "../charts/columns.ts";
import { type Html, type HtmlValue, html } from "../html.ts";
import { dataTable, scrolled } from "./data-table.ts";
import { nothing, panel } from "./panel.ts";
import { sentence } from "./sentence.ts";
import { idLink } from "./view-badge.ts";

export type By = StatsQuery["by"][number];
export const BY: readonly By[] = ["agent", "kind", "repository", "model"];
/** In days. */
export const SINCE = [7, 30, 90, 365] as const;

export type Shown = { by: By; days: number };

type Share = { rate: number; from: number; to: number };
type Group = Stats["groups"][number];

export function statsBody(stats: Stats, shown: Shown): Html {
  const { groups } = stats;
  return html`<div class="page-head"><h1>Stats</h1>
<p class="muted">Tasks that came to an end since ${stats.since}, days by UTC. <code>orch stats</code> says the same.</p></div>
${filters(shown)}
${
  groups.length === 0
    ? panel({ id: "stats", title: "Nothing yet", body: nothing("No task came to an end in this time.") })
    : html`<div class="stats">${panels(stats, shown.by)}</div>`
}`;
}

const NAMES: Record<By, string> = { agent: "agent", kind: "kind of work", repository: "repository", model: "model" };

const filters = ({ by, days }: Shown): Html => html`<form class="filters" method="get" action="/stats">
<label>For each <select name="by">${BY.map((each) => html`<option value="${each}"${each === by && html` selected`}>${NAMES[each]}</option>`)}</select></label>
<label>of the last <select name="days">${SINCE.map((each) => html`<option value="${each}"${each === days && html` selected`}>${each} days</option>`)}</select></label>
<button type="submit">Show</button>
</form>`;

function panels({ groups, days, recoveries, hosts, spenders }: Stats, by: By): Html[] {
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

/** One row for each group of which there is something to say. */
type Asked = { name: string; look?: "number"; unseen?: true; of: (group: Group) => HtmlValue };

function perGroup(groups: readonly Group[], by: By, asked: readonly Asked[]): Html {
  const columns = [{ name: NAMES[by] }, ...asked.map(({ name, look, unseen }) => ({ name, look, unseen }))];
  const rows = groups.map((group) => [
    bare(group.of[by] ?? "", 80) || "not known",
    ...asked.map(({ of }) => of(group)),
  ]);
  return scrolled(dataTable({ columns, rows }));
}

const number = (name: string, of: (group: Group) => HtmlValue): Asked => ({ name, look: "number", of });
const picture = (of: (group: Group) => HtmlValue): Asked => ({ name: "As a bar", unseen: true, of });

const percent = (share: number): string => `${Math.round(share * 100)} %`;

const shareOf = (share: Share | undefined): HtmlValue =>
  share
    ? html`${percent(share.rate)} <span class="muted">${Math.round(share.from * 100)}–${percent(share.to)}</span>`
    : "–";

const merged = (groups: readonly Group[], by: By): Html =>
  perGroup(groups, by, [
    number("tasks", ({ tasks }) => tasks),
    number("merged", (group) => group.merged),
    number("share", ({ mergeRate }) => shareOf(mergeRate)),
    picture(({ mergeRate }) => mergeRate && intervalBar(mergeRate)),
    number("could not run", ({ couldNotRun }) => couldNotRun),
  ]);

function cost(groups: readonly Group[], by: By): Html {
  const most = Math.max(0, ...groups.map(({ costPerMerged = 0 }) => costPerMerged));
  return perGroup(groups, by, [
    number("for each merged", ({ costPerMerged }) => (costPerMerged === undefined ? "–" : dollars(costPerMerged))),
    picture(({ costPerMerged }) => costPerMerged !== undefined && amountBar(costPerMerged, most)),
    number("altogether", ({ costUsd, costUnknown }) => sumWords({ costUsd, isWhole: costUnknown === 0 })),
  ]);
}

function times(groups: readonly Group[], by: By, of: "toPullRequest" | "queued"): Html {
  const known = groups.filter((group) => group[of]);
  if (known.length === 0) return nothing("Nothing is known of this time.");
  const most = Math.max(0, ...known.map((group) => group[of]?.p95 ?? 0));
  const time = (name: "p50" | "p95") => (group: Group) => duration(group[of]?.[name] ?? 0);
  return perGroup(known, by, [
    number("n", (group) => group[of]?.n),
    number("p50", time("p50")),
    number("p95", time("p95")),
    picture((group) => group[of] && spanBar(group[of], most)),
  ]);
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
  const table = dataTable({
    columns: [{ name: "day", look: "number" }, ...ENDS.map(([, , name]) => ({ name, look: "number" as const }))],
    rows: days.toReversed().map((day) => [day.day, ...ENDS.map(([key]) => day[key])]),
  });
  return html`<ul class="key-list">${ENDS.map(([, look, name]) => html`<li><span class="key ${look}"></span> ${name}</li>`)}</ul>
<div class="scroll" tabindex="0" role="region" aria-label="Ends of tasks, by day">${columns(all)}</div>
<details><summary>As a table</summary>${scrolled(table)}</details>`;
}

function rounds(groups: readonly Group[], by: By): Html {
  const known = groups.filter(({ verifyRounds }) => verifyRounds !== null);
  if (known.length === 0)
    return nothing("No run had a check.", sentence("`verify` in a repository's `.github/orch.yml` names one."));
  const most = Math.max(1, ...known.map(({ verifyRounds }) => verifyRounds ?? 0));
  return perGroup(known, by, [
    number("in each run, on average", ({ verifyRounds }) => verifyRounds?.toFixed(2)),
    picture(({ verifyRounds }) => amountBar(verifyRounds ?? 0, most)),
  ]);
}

function ci(groups: readonly Group[], by: By): Html {
  const known = groups.filter(({ ciRate }) => ciRate);
  if (known.length === 0) return nothing("Nothing is known of the repositories' own checks in this time.");
  return perGroup(known, by, [
    number("n", ({ ciKnown }) => ciKnown),
    number("green", ({ ciRate }) => shareOf(ciRate)),
    picture(({ ciRate }) => ciRate && intervalBar(ciRate)),
  ]);
}

const recovered = ({ hostRestarts, lostRuns, takenUp }: Stats["recoveries"]): Html =>
  scrolled(
    dataTable({
      columns: [{ name: "what happened" }, { name: "times", look: "number" }],
      rows: [
        ["a host restarted, and its agents went on", hostRestarts],
        ["a run was lost with its host, and begun anew", lostRuns],
        ["finished work was taken up without its agent", takenUp],
      ],
    }),
  );

function slots(hosts: Stats["hosts"]): Html {
  if (hosts.length === 0) return nothing("No host had a run in this time.");
  const most = Math.max(1, ...hosts.map(({ busyMs }) => busyMs));
  return scrolled(
    dataTable({
      columns: [
        { name: "host" },
        { name: "runs", look: "number" },
        { name: "at work", look: "number" },
        { name: "As a bar", unseen: true },
        { name: "slots taken, on average", look: "number" },
      ],
      rows: hosts.map(({ host, runs, busyMs, busySlots }) => [
        bare(host, 60),
        runs,
        duration(busyMs),
        amountBar(busyMs, most),
        busySlots.toFixed(2),
      ]),
    }),
  );
}

function spent({ tasks, persons, repositories }: Stats["spenders"]): Html {
  const all = [
    ...tasks.map(({ name, costUsd }) => ({ of: "task", name: idLink(name), costUsd })),
    ...persons.map(({ name, costUsd }) => ({ of: "person", name: bare(name, 60), costUsd })),
    ...repositories.map(({ name, costUsd }) => ({ of: "repository", name: bare(name, 140), costUsd })),
  ];
  if (all.length === 0) return nothing("No agent has said what it cost.");
  const most = Math.max(...all.map(({ costUsd }) => costUsd));
  return scrolled(
    dataTable({
      columns: [
        { name: "name" },
        { name: "of" },
        { name: "cost, as far as agents say", look: "number" },
        { name: "As a bar", unseen: true },
      ],
      rows: all.map(({ of, name, costUsd }) => [name, of, dollars(costUsd), amountBar(costUsd, most)]),
    }),
  );
}
