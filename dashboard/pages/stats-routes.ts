/** The page of stats. Its sums are over all repositories, so it is for operators. */
import { type History, makeHistory } from "../../src/history/history.ts";
import type { DashboardDeps } from "../deps.ts";
import { html } from "../html.ts";
import type { DashboardRoute } from "../visit.ts";
import { page } from "./layout.ts";
import { nothing } from "./panel.ts";
import { BY, type Shown, SINCE, statsBody } from "./stats.ts";

const DAY_MS = 24 * 3600_000;

export const statsRoutes = ({ historyFile, log }: Pick<DashboardDeps, "historyFile" | "log">): DashboardRoute[] => {
  const history = historyFile === undefined ? undefined : makeHistory(historyFile);
  const unreadable = (error: unknown) => {
    log.warn({ err: error }, "the history cannot be read");
    return UNREADABLE;
  };
  return [
    {
      method: "GET",
      path: "/stats",
      operatorsOnly: true,
      answer: async (visit) => {
        const shown = shownBy(visit.query);
        const body = history ? await statsOf(history, shown, visit.now).catch(unreadable) : NONE;
        return page({ title: "Stats", visit, at: "/stats", styles: ["pages.css"], body });
      },
    },
  ];
};

const NONE = html`<div class="page-head"><h1>Stats</h1></div>
${nothing("No history is kept here.", html`<code>ORCH_HISTORY=off</code> is set: without it a bot keeps one in its data folder.`)}`;

const UNREADABLE = html`<div class="page-head"><h1>Stats</h1></div>
${nothing("The history cannot be read now.", "Its file is in the data folder: who may write there, and how full is the disk? The bot's log says more. A file that is broken is made anew from what Redis has.")}`;

async function statsOf(history: Pick<History, "stats">, shown: Shown, now: number) {
  const since = new Date(now - shown.days * DAY_MS).toISOString().slice(0, 10);
  const query = { by: [shown.by], since, now };
  return statsBody(await history.stats(query), shown);
}

/** What is none of the choices is as if nothing were chosen. */
function shownBy(query: URLSearchParams): Shown {
  const by = BY.find((each) => each === query.get("by")) ?? "agent";
  const days = SINCE.find((each) => String(each) === query.get("days")) ?? 30;
  return { by, days };
}
