/** The page of one task: how it stands and why, what it cost, its timeline, output, change, runs, questions and proposal, and all that can be done. */
import { bare } from "../../src/text/quote.ts";
import { taskView } from "../../src/views/task-view.ts";
import { whatWasSaid } from "../deeds/said.ts";
import type { DashboardDeps } from "../deps.ts";
import { type Html, html } from "../html.ts";
import { OUTPUT_SCRIPT } from "../output/view.ts";
import { type Block, type Drawing, seenBy, tierOf } from "../rows/drawing.ts";
import type { Facts, FactsKeeper } from "../rows/facts.ts";
import type { LiveView } from "../rows/live.ts";
import type { Answer, DashboardRoute, Visit } from "../visit.ts";
import { page } from "./layout.ts";
import { issueUrl, outward, placeName } from "./links.ts";
import { readTask, type TaskPageDeps, type TaskRead } from "./read-task.ts";
import { asksBlock } from "./task-asks.ts";
import type { Formed } from "./task-deeds.ts";
import { outputPanel } from "./task-output.ts";
import { REQUEST, requestBlock } from "./task-request.ts";
import { changeBlock, messagesBlock, runsBlock } from "./task-runs.ts";
import { deedsBlock, factsBlock, stateBlock } from "./task-state.ts";
import { timelineBlock } from "./task-timeline.ts";

const LOADED_MS = 1_000;

type TaskRouteDeps = TaskPageDeps & Pick<DashboardDeps, "callers"> & { facts: FactsKeeper };

export const taskRoutes = (deps: TaskRouteDeps): DashboardRoute[] => [
  {
    method: "GET",
    path: "/tasks/:id",
    answer: async (visit) => await taskPage(deps, visit, await deps.facts.read(LOADED_MS)),
  },
];

export const taskLiveView = (deps: TaskPageDeps): LiveView => ({
  name: "task",
  concerns: (id, changed) => changed.has(id),
  draw: async (id, facts) => {
    const read = await readTask(deps, id, facts);
    return read && drawing(read, { formToken: "" });
  },
});

async function taskPage(deps: TaskRouteDeps, visit: Visit, facts: Facts): Promise<Answer> {
  const read = await readTask(deps, visit.params.id ?? "", facts);
  const tier = read && (await tierOf(visit.rights, read.task.spec));
  if (!read || !tier) return { kind: "nothing" };
  const drawn = drawing(read, visit);
  const seen = await seenBy(visit.rights, [], [read.task.spec]);
  const reply = tier === "write" ? await whatWasSaid(deps, visit, read.task) : undefined;
  const html = new Map(drawn.blocks.map((block) => [block.id, block.html(seen)]));
  const name = placeName(taskView(read.task));
  return page({
    title: `${name}: ${bare(read.task.spec.title, 80)}`,
    visit,
    at: "/tasks",
    live: `task:${read.task.spec.id}`,
    scripts: tier === "write" ? [OUTPUT_SCRIPT] : [],
    body: body(read, { blocks: html, reply, isWhole: tier === "write" }),
  });
}

function drawing(read: TaskRead, formed: Formed): Drawing {
  const { task, answer, events, messages, hasPlan, now } = read;
  /** Agents' words, costs, and everything that changes a task. */
  const whole = (id: string, draw: () => Html): Block => ({
    id,
    html: (seen) => (seen.tierOf(task.spec) === "write" ? draw() : html`<div id="${id}" hidden></div>`),
  });
  const isWhole = (tierOfTask: string | undefined): boolean => tierOfTask === "write";
  return {
    place: task.spec,
    regions: [],
    blocks: [
      { id: REQUEST, html: (seen) => requestBlock(task, hasPlan, isWhole(seen.tierOf(task.spec))) },
      { id: "task-state", html: (seen) => stateBlock(read, isWhole(seen.tierOf(task.spec))) },
      { id: "task-deeds", html: (seen) => deedsBlock(read, formed, isWhole(seen.tierOf(task.spec))) },
      whole("task-asks", () => asksBlock(task, formed, now)),
      {
        id: "task-facts",
        html: ({ isOperator, tierOf }) => factsBlock(read, { isWhole: isWhole(tierOf(task.spec)), isOperator }),
      },
      { id: "task-timeline", html: () => timelineBlock(task, events, now) },
      whole("task-change", () => changeBlock(task, answer)),
      whole("task-runs", () => runsBlock(task, answer, now)),
      whole("task-messages", () => messagesBlock(messages, now)),
    ],
  };
}

type Shown = { blocks: ReadonlyMap<string, Html>; reply: Html | undefined; isWhole: boolean };

function body({ task, webUrl }: TaskRead, { blocks, reply, isWhole }: Shown): Html {
  const view = taskView(task);
  const url = issueUrl(webUrl, view);
  const name = placeName(view);
  return html`<header class="page-head"><p class="where">${url === undefined ? name : outward(url, name)}</p><h1>${bare(task.spec.title, 200)}</h1>
${blocks.get(REQUEST)}</header>
${reply && html`<div class="reply">${reply}</div>`}
<div class="columns"><div class="main-column">${["task-state", "task-deeds", "task-asks", "task-timeline"].map((id) => blocks.get(id))}
${isWhole && outputPanel(task)}
${["task-change", "task-runs", "task-messages"].map((id) => blocks.get(id))}</div>
<aside class="side-column">${blocks.get("task-facts")}</aside></div>`;
}
