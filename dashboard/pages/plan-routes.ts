/** The page of a team's plan, and what of it moves while somebody looks. */
import { inboxOf } from "../../src/task/inbox.ts";
import { openProposal } from "../../src/task/proposal.ts";
import type { Task } from "../../src/task/task.ts";
import { taskIdOf } from "../../src/task/task-id.ts";
import { messageViews } from "../../src/views/messages.ts";
import { type PlanView, planView, proposedPlanView, type Team } from "../../src/views/plan-view.ts";
import { readTeam } from "../../src/views/read-team.ts";
import type { NamedHosts } from "../../src/views/task-view.ts";
import type { DashboardDeps } from "../deps.ts";
import { html } from "../html.ts";
import { type Block, type Drawing, tierOf } from "../rows/drawing.ts";
import type { LiveView } from "../rows/live.ts";
import type { DashboardRoute } from "../visit.ts";
import { page } from "./layout.ts";
import { conversationPath } from "./links.ts";
import { planBody, STANDING, standingBlock } from "./plan.ts";
import { GRAPH, graphBlock, MONEY, moneyBlock, NODES, nodesBlock, TIMELINE, timelineBlock } from "./plan-parts.ts";

type PlanDeps = Pick<DashboardDeps, "store" | "views" | "hosts">;

export const planRoutes = (deps: PlanDeps): DashboardRoute[] => [
  {
    method: "GET",
    path: "/plans/:id",
    answer: async (visit) => {
      const found = await findPlan(deps, visit.params.id ?? "", await deps.hosts());
      const tier = found && (await tierOf(visit.rights, found.task.spec));
      if (!found || !tier) return { kind: "nothing" };
      const { task, view } = found;
      const isWriter = tier === "write";
      const [messages, budget] = isWriter
        ? await Promise.all([messagesOf(deps, found), deps.views.budgetsOf(task.spec)])
        : [[], []];
      const plan = { task, view, conversationPath: conversationPath(task.spec), messages, budget };
      const body = planBody(plan, tier, visit);
      return page({ title: view.goal, visit, at: "/tasks", live: `plan:${task.spec.id}`, styles: ["pages.css"], body });
    },
  },
];

type Found = { task: Task; view: PlanView; team?: Team };

/** Undefined where there is no plan: of a task that is no team's, of one whose planner is still at it, of a team whose work one agent does. */
async function findPlan({ store }: PlanDeps, id: string, hosts: NamedHosts): Promise<Found | undefined> {
  const task = await store.read(id);
  if (!task?.spec.team) return undefined;
  const team = await readTeam(store, task);
  if (team) return { task, view: planView(team, task, hosts), team };
  const proposed = openProposal(task)?.plan;
  return proposed && { task, view: proposedPlanView(proposed, task) };
}

async function messagesOf({ store }: PlanDeps, { task, team }: Found) {
  const { book } = inboxOf(task.spec);
  const [sent, dead] = await Promise.all([store.messages.sent(book), store.messages.dead(book)]);
  return messageViews({ sent: sent.slice(-MESSAGES), dead, task, plan: team?.plan });
}

/** The latest; `orch messages` has all of them. */
const MESSAGES = 200;

/** Boxes, rows and sums by themselves: what does not change is not sent. */
export function planLive(deps: PlanDeps): LiveView {
  const watched = new Map<string, ReadonlySet<string>>();
  return {
    name: "plan",
    draw: async (id, { hosts, now }) => {
      const found = await findPlan(deps, id, hosts);
      if (!found) return undefined;
      if (watched.size > MOST_WATCHED) watched.clear();
      watched.set(id, tasksOf(found));
      return drawing(found, now);
    },
    concerns: (id, changed) => {
      const known = watched.get(id);
      return !known || [...changed].some((each) => known.has(each));
    },
  };
}

const MOST_WATCHED = 500;

function drawing({ task, view }: Found, now: number): Drawing {
  const writersOnly = (block: Block): Block => ({
    ...block,
    html: (seen) => (seen.tierOf(task.spec) === "write" ? block.html(seen) : html``),
  });
  return {
    place: task.spec,
    regions: [],
    blocks: [
      { id: STANDING, html: () => standingBlock(task, view) },
      { id: GRAPH, html: () => graphBlock(view) },
      { id: NODES, html: (seen) => nodesBlock(view, seen.tierOf(task.spec) ?? "read", now) },
      writersOnly({ id: MONEY, html: () => moneyBlock(view) }),
      writersOnly({ id: TIMELINE, html: () => timelineBlock(view) }),
    ],
  };
}

/** Its own, those of all tries, and what the next try at each node will be called: so news of it is heard before it is known. */
function tasksOf({ task, team }: Found): ReadonlySet<string> {
  const { id, repository } = task.spec;
  const nodes = team?.plan.nodes ?? [];
  return new Set([
    id,
    ...nodes.flatMap(({ tries }) => tries.map((each) => each.task)),
    ...nodes.map((node) =>
      taskIdOf(repository.id, { kind: "node", plan: id, node: node.id, try: node.tries.length + 1 }),
    ),
  ]);
}
