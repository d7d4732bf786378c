/** The page of what a task's agent has changed and nobody has published: a diff, from the host that keeps it. What is published GitHub shows. */

import type { Task } from "../../src/task/task.ts";
import { isTaskId } from "../../src/task/task-id.ts";
import { MAX_DIFF } from "../../src/task/unpublished.ts";
import { bytes } from "../../src/text/amounts.ts";
import { hostName, type NamedHosts, taskView } from "../../src/views/task-view.ts";
import { type Html, type HtmlValue, html } from "../html.ts";
import { type OutputDeps, outputOf } from "../output/output.ts";
import { tierOf } from "../rows/drawing.ts";
import type { Answer, DashboardRoute, Visit } from "../visit.ts";
import { page } from "./layout.ts";
import { placeName, taskLink, taskPath } from "./links.ts";
import { nothing } from "./panel.ts";
import { ago } from "./time.ts";

/** The longest lines of a diff have been seen by nobody. */
const MOST_LINES = 8_000;
const MOST_OF_LINE = 2_000;

/** What there may be of it, and where: none of what is published, and of what no agent has begun. */
export function keeperOf({ pushed, runs, state }: Task): string | undefined {
  if (pushed) return undefined;
  if (state.name === "running") return state.host;
  return runs.findLast(({ checkpoint }) => checkpoint !== undefined)?.host;
}

export const changesRoutes = (deps: OutputDeps): DashboardRoute[] => [
  { method: "GET", path: "/tasks/:id/changes", answer: async (visit) => await changesPage(deps, visit) },
];

async function changesPage(deps: OutputDeps, visit: Visit): Promise<Answer> {
  const { id = "" } = visit.params;
  const task = isTaskId(id) ? await deps.store.read(id) : undefined;
  const keeper = task && keeperOf(task);
  if (!task || keeper === undefined || (await tierOf(visit.rights, task.spec)) !== "write") return { kind: "nothing" };
  const hosts = await deps.hosts();
  // One that has gone would have to be waited for in vain.
  const isThere = hosts.some((host) => host.id === keeper && host.alive);
  const found = isThere ? await outputOf(deps).changes(keeper, id) : "silent";
  const name = placeName(taskView(task));
  const shown = { task, host: hostWord(keeper, hosts), now: visit.now };
  const body = html`<header class="page-head"><p class="where">${taskLink(taskView(task))}</p><h1>Changes that are not published</h1></header>
${typeof found === "string" ? none(found, shown) : diffPanel(found, shown)}`;
  return page({ title: `${name}, changes`, visit, at: "/tasks", body });
}

type Shown = { task: Task; host: string; now: number };

const hostWord = (id: string, hosts: NamedHosts): string => {
  const { id: known, name } = hostName(id, hosts);
  return name ?? known;
};

function none(why: "gone" | "silent", { task, host }: Shown): Html {
  const back = html`<a href="${taskPath(task.spec.id)}">Back to the task</a>`;
  if (why === "silent") return panelOf(nothing(`The worker host ${host}, which keeps them, does not answer.`, back));
  const isWorkspace = task.runs.at(-1)?.checkpoint?.kind === "workspace";
  const what = isWorkspace
    ? `Git cannot read what the agent left, so the worker host ${host} keeps its workspace as it was.`
    : `Nothing that could be compared is kept on the worker host ${host}, yet or any more.`;
  return panelOf(nothing(what, html`<code>orch why ${task.spec.id}</code> says what is kept and where. ${back}`));
}

const panelOf = (body: HtmlValue): Html => html`<section class="panel" id="changes">${body}</section>`;

function diffPanel(
  { diff, takenAt, whole, baseSha }: { diff: string; takenAt: number; whole: boolean; baseSha: string },
  { host, now }: Shown,
): Html {
  const all = diff.split("\n");
  const lines = all.slice(0, MOST_LINES);
  const isCut = !whole || lines.length < all.length || lines.some((line) => line.length > MOST_OF_LINE);
  return html`<section class="panel" id="changes" aria-labelledby="changes-title">
<header class="panel-head"><h2 id="changes-title">Against <code>${baseSha.slice(0, 12)}</code></h2><div class="panel-aside muted">put aside on ${host} ${ago(takenAt, now)}</div></header>
${isCut && html`<p class="pad">This is not all: of a diff at most ${bytes(MAX_DIFF)}, ${MOST_LINES.toLocaleString("en")} lines and ${MOST_OF_LINE.toLocaleString("en")} characters of each are shown. On its host <code>orch checkpoint</code> gets all of it out.</p>`}
${diff.trim() === "" ? nothing("Nothing differs.") : html`<pre class="diff" tabindex="0">${lines.map(lineOf)}</pre>`}</section>`;
}

/** Agents' words: shown as they are, never as anything else. */
function lineOf(text: string): Html {
  const shown = text.length > MOST_OF_LINE ? `${text.slice(0, MOST_OF_LINE)}…` : text;
  const look = lookOf(text);
  return look === undefined ? html`${shown}\n` : html`<span class="${look}">${shown}\n</span>`;
}

function lookOf(text: string): string | undefined {
  if (/^(diff --git |index |--- |\+\+\+ |(new|deleted|old) (file )?mode|rename |similarity )/.test(text))
    return "diff-head";
  if (text.startsWith("@@")) return "diff-place";
  return { "+": "diff-plus", "-": "diff-minus" }[text[0] ?? ""];
}
