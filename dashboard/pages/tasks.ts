/** All tasks, open ones first, then the newest: by state, repository, agent or words. */
import type { Task } from "../../src/task/task.ts";
import { bare } from "../../src/text/quote.ts";
import { keptTasks } from "../../src/views/kept-tasks.ts";
import { spentOn } from "../../src/views/spent.ts";
import { agentOf, hostName, taskView } from "../../src/views/task-view.ts";
import {
  byNews,
  fits,
  isBehind,
  isOfTheEnd,
  LIST_STATES,
  type ListPlace,
  type ListState,
  parsePlace,
  placeOf,
  placeText,
  type TaskFilter,
} from "../../src/views/tasks.ts";
import { endWords } from "../../src/words/task-words.ts";
import { type Html, html } from "../html.ts";
import type { Tier } from "../rows/drawing.ts";
import type { Facts, FactsKeeper } from "../rows/facts.ts";
import { seenTasks } from "../seen-tasks.ts";
import type { DashboardRoute, Rights } from "../visit.ts";
import { costOf } from "./cost.ts";
import { type JudgeStanding, standingsIn } from "./front-sections.ts";
import { page } from "./layout.ts";
import { outward } from "./links.ts";
import { nothing } from "./panel.ts";
import type { TaskPageDeps } from "./read-task.ts";
import { standingBadge } from "./standing-badge.ts";
import { taskCell } from "./task-cell.ts";
import { age, ago } from "./time.ts";

const LOADED_MS = 1_000;
/** On one page. */
const MOST = 100;
/** Of tasks that are over so many are read for one page. */
const MOST_READ = 20_000;
const MAX_FIELD = 140;

/** `behind`: where the page before has ended. */
type Asked = TaskFilter & { words: string; stateName: string; behind: ListPlace | undefined };
type Listed = { task: Task; tier: Tier };
type ListDeps = TaskPageDeps & { facts: FactsKeeper };

export const tasksRoutes = (deps: ListDeps): DashboardRoute[] => [
  {
    method: "GET",
    path: "/tasks",
    answer: async (visit) => {
      const asked = askedIn(visit.query);
      const facts = await deps.facts.read(LOADED_MS);
      const found = await look(deps, asked, facts, visit.rights);
      const more = found.isMore && moreOf(visit.query, found.listed.at(-1));
      return page({ title: "Tasks", visit, at: "/tasks", body: body(asked, { ...found, more }, facts) });
    },
  },
];

function askedIn(query: URLSearchParams): Asked {
  const given = (name: string): string | undefined => query.get(name)?.trim().slice(0, MAX_FIELD) || undefined;
  const stateName = given("state") ?? "";
  const state = LIST_STATES.find((each) => each === stateName);
  const behind = parsePlace(given("behind") ?? "");
  return { state, repository: given("repository"), agent: given("agent"), words: given("q") ?? "", stateName, behind };
}

async function look(
  { redis, store }: ListDeps,
  asked: Asked,
  facts: Facts,
  rights: Rights,
): Promise<{ listed: Listed[]; isMore: boolean; isPartial: boolean }> {
  const isWanted = (task: Task): boolean =>
    fits(task, asked) && says(task, asked.words) && isBehind(task, asked.behind);
  const seen = seenTasks(rights);
  const open = await seen.of(facts.tasks.filter(isWanted));
  const none = { tasks: [], count: 0, partial: false };
  const wantsOver = asked.state === undefined || isOfTheEnd(asked.state);
  const over = wantsOver
    ? await keptTasks(redis, store, { fits: isWanted, limit: MOST + 1, mostRead: MOST_READ, seen: seen.of })
    : none;
  const isOpen = new Set(open.map(({ spec }) => spec.id));
  const all = [...open, ...over.tasks.filter(({ spec }) => !isOpen.has(spec.id))].sort(byNews);
  const listed = all.slice(0, MOST).map((task) => ({ task, tier: seen.tier(task) ?? "read" }));
  return { listed, isMore: all.length > MOST, isPartial: over.partial || seen.isPartial() };
}

/** The same list, from behind the last one on. */
function moreOf(query: URLSearchParams, last: Listed | undefined): string | false {
  if (!last) return false;
  const next = new URLSearchParams(query);
  next.set("behind", placeText(placeOf(last.task)));
  return `/tasks?${next}`;
}

type Page = { listed: readonly Listed[]; more: string | false; isPartial: boolean };

/** Whether it has all of these words: in its title, its request, its place, its id, or by whom it was asked for. */
function says(task: Task, words: string): boolean {
  if (words === "") return true;
  const { id, repository, title, instruction } = taskWords(task);
  const text = `${id} ${repository} ${title} ${instruction}`.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function taskWords({ spec }: Task) {
  const { id, number, title, instruction, actor, node } = spec;
  const repository = `${spec.repository.owner}/${spec.repository.name}#${number} ${actor?.login ?? ""} ${node?.id ?? ""}`;
  return { id, repository, title, instruction: instruction.slice(0, 2_000) };
}

const STATE_NAMES: Readonly<Record<string, string>> = {
  running: "running",
  queued: "queued",
  waiting: "waiting",
  settled: "over, in any way",
};
const stateName = (state: ListState): string =>
  STATE_NAMES[state] ?? `over: ${endWords[state as keyof typeof endWords]}`;

function body(asked: Asked, { listed, more, isPartial }: Page, facts: Facts): Html {
  // Of what this viewer sees alone: which agents others have is told to nobody else.
  const names = (of: (task: Task) => string | undefined): string[] =>
    [...new Set(listed.flatMap(({ task }) => of(task) ?? []))].sort();
  return html`<header class="page-head"><h1>Tasks</h1></header>
<form class="filters" action="/tasks" role="search">
<label>State <select name="state"><option value="">any</option>${LIST_STATES.map((state) => html`<option value="${state}"${state === asked.state && html` selected`}>${stateName(state)}</option>`)}</select></label>
<label>Repository <input name="repository" value="${asked.repository ?? ""}" placeholder="owner/name" list="repositories" autocomplete="off"></label>
<label>Agent <input name="agent" value="${asked.agent ?? ""}" list="agents" autocomplete="off"></label>
<label>Words <input name="q" type="search" value="${asked.words}" autocomplete="off"></label>
<datalist id="repositories">${names((task) => taskView(task).repository).map((name) => html`<option value="${name}">`)}</datalist>
<datalist id="agents">${names(agentOf).map((name) => html`<option value="${bare(name, 80)}">`)}</datalist>
<button type="submit" class="main">Show</button>${isNarrowed(asked) && html`<a class="button" href="/tasks">All</a>`}
</form>
<section class="panel" aria-label="Tasks that fit">
${listed.length === 0 ? nothing("No task fits.", isNarrowed(asked) ? html`<a href="/tasks">Show all tasks</a>` : html`Comment <code>/orch</code> and what you want on an issue.`) : table(listed, facts)}
</section>
${more !== false && html`<p class="more"><a href="${more}" rel="next">More tasks</a></p>`}
${isPartial && html`<p class="more">There are more than one look reads: state, repository, agent and words narrow it.</p>`}`;
}

const isNarrowed = ({ state, repository, agent, words }: Asked): boolean =>
  state !== undefined || repository !== undefined || agent !== undefined || words !== "";

function table(listed: readonly Listed[], facts: Facts): Html {
  const judge = standingsIn(facts);
  return html`<div class="scroll"><table class="list tasks-list"><thead><tr><th scope="col">State</th><th scope="col">Task</th><th scope="col">End</th><th scope="col">Agent</th><th scope="col">Cost of this task</th><th scope="col">Since</th></tr></thead><tbody>${listed.map((each) => row(each, facts, judge))}</tbody></table></div>`;
}

function row({ task, tier }: Listed, facts: Facts, judge: JudgeStanding): Html {
  const { spec, state } = task;
  const view = taskView(task, facts.hosts);
  const { closed } = facts.fates.get(spec.id) ?? {};
  const { costUsd, runs } = spentOn([task]);
  const end = view.pullRequest
    ? outward(view.pullRequest.url, `PR #${view.pullRequest.number}`)
    : view.outcome && endWords[view.outcome];
  const host = state.name === "running" && hostName(state.host, facts.hosts);
  return html`<tr id="row-${spec.id}" data-key="${spec.id}"><td class="state">${standingBadge(judge(task, closed))}</td>
${taskCell(task)}
<td data-label="End">${end ?? html`<span class="muted">–</span>`}</td>
<td data-label="Agent">${view.agent ?? "any"}<div class="sub">${host && (host.name ?? host.id)}</div></td>
<td data-label="Cost of this task" class="amount">${tier === "write" ? costOf(costUsd, runs) : html`<span class="muted">not shown</span>`}</td>
<td data-label="Since">${state.name === "settled" ? ago(view.since, facts.now) : age(view.since, facts.now)}</td></tr>`;
}
