/** The page of one run: what it began with, how it ended, what it used, and its output for as long as that is kept. */

import type { Task, TaskRun } from "../../src/task/task.ts";
import { count, duration } from "../../src/text/amounts.ts";
import { bare } from "../../src/text/quote.ts";
import { runView, taskView } from "../../src/views/task-view.ts";
import { inForceWords, usedOfMachine } from "../../src/words/limit-words.ts";
import { runWords } from "../../src/words/why-words.ts";
import { type Html, type HtmlValue, html } from "../html.ts";
import { OUTPUT_SCRIPT } from "../output/view.ts";
import { tierOf } from "../rows/drawing.ts";
import type { Facts, FactsKeeper } from "../rows/facts.ts";
import type { Answer, DashboardRoute, Visit } from "../visit.ts";
import { costOf, tokensOf } from "./cost.ts";
import { page } from "./layout.ts";
import { placeName, runPath, taskLink, taskPath } from "./links.ts";
import { readTask, type TaskPageDeps } from "./read-task.ts";
import { inPages, sentence } from "./sentence.ts";
import { endBadge } from "./standing-badge.ts";
import { outputPanel } from "./task-output.ts";
import { moment } from "./time.ts";
import { lines, said } from "./words.ts";

const LOADED_MS = 1_000;

export const runRoutes = (deps: TaskPageDeps & { facts: FactsKeeper }): DashboardRoute[] => [
  {
    method: "GET",
    path: "/tasks/:id/runs/:n",
    answer: async (visit) => await runPage(deps, visit, await deps.facts.read(LOADED_MS)),
  },
];

async function runPage(deps: TaskPageDeps, visit: Visit, facts: Facts): Promise<Answer> {
  const { id = "", n = "" } = visit.params;
  const task = (await readTask(deps, id, facts))?.task;
  const run = task?.runs.find(({ number }) => String(number) === n);
  if (!task || !run || (await tierOf(visit.rights, task.spec)) !== "write") return { kind: "nothing" };
  const title = `${placeName(taskView(task))}, run ${run.number}`;
  return page({ title, visit, at: "/tasks", scripts: [OUTPUT_SCRIPT], body: body(task, run, facts) });
}

const fact = (name: string, value: HtmlValue): Html | undefined =>
  value === undefined || value === false ? undefined : html`<div><dt>${name}</dt><dd>${value}</dd></div>`;

function body(task: Task, run: TaskRun, { hosts, now }: Facts): Html {
  const view = runView(run, hosts);
  const { progress } = run;
  const { summary, finish, network, inForce, verification } = progress;
  const cost = {
    ...(view.costUsd !== undefined && { known: view.costUsd }),
    unknown: view.costUsd === undefined ? 1 : 0,
  };
  const end =
    task.state.name === "settled" && task.runs.at(-1) === run ? (run.end ?? task.state.outcome.kind) : run.end;
  return html`<header class="page-head"><p class="where">${taskLink(taskView(task))}</p><h1>Run ${run.number}</h1><p>${endBadge(end)} <span class="muted">${sentence(runWords(view, now, inPages))}</span></p></header>
${otherRuns(task, run)}
<div class="columns"><div class="main-column">${outputPanel(task, run.number)}
${(finish ?? summary) && html`<section class="panel"><header class="panel-head"><h2>What its agent says of its work</h2></header><div class="pad">${finish && html`<p><strong>${bare(finish.title, 200)}</strong></p>`}${said(finish?.summary ?? summary ?? "")}</div></section>`}
${verification && verification.outputTail !== "" && html`<section class="panel"><header class="panel-head"><h2>End of the check's output</h2></header><pre class="text" tabindex="0">${lines(verification.outputTail)}</pre></section>`}</div>
<aside class="side-column"><section class="panel"><header class="panel-head"><h2>Receipt</h2></header><dl class="facts">
${fact("Cost of this run", costOf(cost, view.agent === undefined ? 0 : 1))}
${fact("Tokens", tokensOf(view))}
${fact("Agent", view.agent)}${fact("Model", view.model)}
${fact("Host", view.host.name ?? view.host.id)}
${fact("Sandbox", progress.sandbox)}
${fact("Began", moment(run.startedAt))}
${fact("Took", run.endedAt !== undefined && duration(run.endedAt - run.startedAt))}
${fact("Start", view.start?.how)}
${fact("Check", view.verification && html`<code>${view.verification.command}</code>, exit ${view.verification.exitCode}, ${count(view.verification.rounds, "round")}`)}
${fact("Limits", inForce && inForceWords(inForce))}
${fact("Used of its machine", usedOfMachine(progress))}
${fact("Network", network && `${network.egress}, ${count(network.blocked, "connection")} blocked`)}
</dl></section></aside></div>`;
}

const otherRuns = ({ spec, runs }: Task, run: TaskRun): Html | false =>
  runs.length > 1 &&
  html`<nav class="tabs" aria-label="Runs"><ul>${runs.map(({ number }) => html`<li><a href="${runPath(spec.id, number)}"${number === run.number && html` aria-current="page"`}>Run ${number}</a></li>`)}<li><a href="${taskPath(spec.id)}">Task</a></li></ul></nav>`;
