/** The whole at one glance, above the lists: how many need somebody, what runs in how many slots, what waits for how long, what today came to. */

import { takingWork } from "../../src/task/hosts.ts";
import { dollars } from "../../src/text/amounts.ts";
import { hosts as hostsOf } from "../../src/views/hosts.ts";
import { isOwnPullRequest } from "../../src/views/why.ts";
import { type Html, type HtmlValue, html } from "../html.ts";
import { placeKey, type Seen } from "../rows/drawing.ts";
import type { Facts } from "../rows/facts.ts";
import type { Place } from "../visit.ts";
import { age } from "./time.ts";

/** Of one repository, since midnight UTC. */
export type Today = { place: Place; pulls: number; merged: number } & Spending;

/** `stated`: runs that say what they cost; `unknown`: those that do not. */
export type Spending = { costUsd: number; stated: number; unknown: number };

const DAY_MS = 24 * 3600_000;

export function todayOf({ tasks, over, fates, now }: Facts): Today[] {
  const start = Math.floor(now / DAY_MS) * DAY_MS;
  const found = new Map<string, Today>();
  for (const task of [...over, ...tasks]) {
    const { state, spec } = task;
    const { closed } = fates.get(spec.id) ?? {};
    const key = placeKey(spec);
    const of = found.get(key) ?? { place: spec, pulls: 0, merged: 0, costUsd: 0, stated: 0, unknown: 0 };
    found.set(key, of);
    const outcome = state.name === "settled" && state.at >= start ? state.outcome : undefined;
    if (outcome?.kind === "pull_request" && !isOwnPullRequest(task, outcome.number)) of.pulls += 1;
    if (closed?.merged && closed.at >= start) of.merged += 1;
    for (const { endedAt, progress } of task.runs) {
      if ((endedAt ?? now) < start || progress.agent === undefined) continue;
      of.costUsd += progress.costUsd ?? 0;
      of.stated += progress.costUsd === undefined ? 0 : 1;
      of.unknown += progress.costUsd === undefined && endedAt !== undefined ? 1 : 0;
    }
  }
  return [...found.values()];
}

const figure = (name: string, value: HtmlValue, more: HtmlValue, to?: string, tone?: string): Html =>
  html`<li class="figure${tone !== undefined && ` ${tone}`}"><a href="${to}"><span class="figure-name">${name}</span><span class="figure-value">${value}</span><span class="figure-more">${more}</span></a></li>`;

/** `totals`: of what this viewer sees. */
export function figures(facts: Facts, today: readonly Today[], { isOperator, regions, tierOf }: Seen): Html {
  const total = (id: string): number => regions.find((region) => region.id === id)?.total ?? 0;
  const needs = total("needs");
  const slots = takingWork(facts.hosts).reduce((sum, host) => sum + host.slots, 0);
  const busy = hostsOf(facts).reduce((sum, host) => sum + host.busy, 0);
  const mine = today.filter(({ place }) => tierOf(place) === "write");
  const sum = (of: (each: Today) => number): number => mine.reduce((all, each) => all + of(each), 0);
  const pulls = sum((each) => each.pulls);
  const [costUsd, stated, unknown] = [
    sum((each) => each.costUsd),
    sum((each) => each.stated),
    sum((each) => each.unknown),
  ];
  const words = spendingWords({ costUsd, stated, unknown });
  const spent = stated === 0 && unknown > 0 ? `cost ${words}` : words;
  const oldest = Math.min(...facts.tasks.flatMap(({ state }) => (state.name === "queued" ? [state.since] : [])));
  return html`<ul class="figures" id="figures">
${figure("Needs you", needs, needs === 0 ? "nothing" : "see below", "#needs-panel", needs > 0 ? "attention" : undefined)}
${figure("Running", total("running"), isOperator && `${busy} of ${slots} slots busy`, "#running-panel")}
${figure("Waiting", total("waiting"), Number.isFinite(oldest) && isOperator ? html`queue's oldest ${age(oldest, facts.now)}` : "", "#waiting-panel")}
${figure("Today", html`${pulls} <small>${pulls === 1 ? "PR" : "PRs"}</small>`, html`${sum(({ merged }) => merged)} merged · ${spent}`, "#over-panel")}
</ul>`;
}

/** What is known of a day; of many runs. */
export function spendingWords({ costUsd, stated, unknown }: Spending): string {
  if (stated === 0 && unknown > 0) return "unknown";
  return `${unknown > 0 ? "≥ " : ""}${dollars(costUsd)}`;
}
