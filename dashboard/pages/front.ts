/** The first page: who needs me, what runs, what waits and why, the hosts, today, what is over. In that order, and always in the same places. */
import { progressOf } from "../../src/task/task.ts";
import { why } from "../../src/views/why.ts";
import { type Html, html } from "../html.ts";
import { type Drawing, type Item, type Region, type Seen, seenBy, type Tier } from "../rows/drawing.ts";
import type { Facts, FactsKeeper } from "../rows/facts.ts";
import type { LiveView } from "../rows/live.ts";
import { drawAnew, type Memory, makeMemory } from "../rows/memory.ts";
import type { DashboardRoute, Visit } from "../visit.ts";
import { figures, todayOf } from "./front-figures.ts";
import { hostsBlock } from "./front-hosts.ts";
import { needKey, needPlace, needRow } from "./front-needs.ts";
import { overRow, runningRow, waitingRow } from "./front-rows.ts";
import { type Front, frontOf, type Placed } from "./front-sections.ts";
import { page } from "./layout.ts";
import { type LiveList, liveList } from "./live-list.ts";
import type { Formed } from "./task-deeds.ts";

/** Rows that are shown of each; there is a page for all of them. */
const MOST = { needs: 25, running: 50, waiting: 25, over: 12 } as const;

/** Of a page that is loaded anew, everything is as it is now. */
const LOADED_MS = 250;

export const frontRoutes = ({ facts }: { facts: FactsKeeper }): DashboardRoute[] => [
  { method: "GET", path: "/", answer: async (visit) => await frontPage(visit, await facts.read(LOADED_MS)) },
];

/** Rows that have not changed are not drawn again. */
export function frontView(): LiveView {
  const memory = makeMemory();
  return { name: "front", draw: async (_argument, facts) => drawing(facts, { formToken: "" }, memory.nextLook()) };
}

async function frontPage(visit: Visit, facts: Facts) {
  const drawn = drawing(facts, visit, drawAnew);
  const seen = await seenBy(visit.rights, drawn.regions, drawn.places);
  const needs = seen.regions.find(({ id }) => id === "needs")?.total ?? 0;
  const title = needs > 0 ? `(${needs}) Overview` : "Overview";
  return page({ title, visit, at: "/", live: "front", body: body(drawn, seen) });
}

function drawing(facts: Facts, formed: Formed, remembered: Memory): Drawing {
  const front = frontOf(facts);
  const today = todayOf(facts);
  return {
    regions: regions(front, facts, formed, remembered),
    blocks: [
      { id: "figures", html: (seen) => figures(facts, today, seen) },
      { id: "hosts", html: (seen) => hostsBlock(facts, seen) },
    ],
    places: today.map(({ place }) => place),
  };
}

type Row = (placed: Placed, facts: Facts, tier: Tier, formed: Formed) => Html;

function regions(front: Front, facts: Facts, formed: Formed, remembered: Memory): Region[] {
  const list = (id: "running" | "waiting" | "over", row: Row): Region => ({
    id,
    most: MOST[id],
    items: front[id].map((placed): Item => {
      const { spec } = placed.task;
      const draw = (tier: Tier) => row(placed, facts, tier, formed);
      return {
        key: spec.id,
        place: spec,
        html: (tier) =>
          remembered(
            `${id} ${spec.id} ${tier}`,
            () => madeOf(placed, facts),
            () => draw(tier),
          ),
      };
    }),
  });
  return [
    { id: "needs", most: MOST.needs, items: front.needs.map((found) => needItem(found, facts, formed, remembered)) },
    list("running", runningRow),
    list("waiting", waitingRow),
    list("over", overRow),
  ];
}

function needItem(found: Front["needs"][number], facts: Facts, formed: Formed, remembered: Memory): Item {
  const key = needKey(found);
  const place = needPlace(found);
  const made = () => JSON.stringify([found.need, found.task?.version, facts.hosts.length === 0]);
  const html = (tier: Tier) => remembered(`${key} ${tier}`, made, () => needRow(found, facts, tier, formed));
  return { key, html, ...(place && { place }) };
}

/** All that a row tells, but for the time. */
function madeOf({ task, standing, closed, ci, again }: Placed, facts: Facts): string {
  const own = [task.version, progressOf(task).said, standing, ci];
  if (task.state.name === "settled") return JSON.stringify([...own, closed, again?.id, facts.hosts.length]);
  const { runs: _runs, task: _task, team: _team, ...rest } = why(task, facts);
  return JSON.stringify([...own, rest]);
}

function body(drawn: Drawing, seen: Seen): Html {
  const listOf = (id: string, list: Omit<LiveList, "seen">): Html | false => {
    const its = seen.regions.find((region) => region.id === id);
    return its !== undefined && liveList({ ...list, seen: its });
  };
  const block = (id: string): Html | undefined => drawn.blocks.find((each) => each.id === id)?.html(seen);
  return html`<h1 class="unseen">Overview</h1>
${block("figures")}
${listOf("needs", {
  title: "Needs you",
  columns: ["State", "Task", "What", { unseen: "What you can do" }],
  empty: {
    what: "Nothing needs you.",
    next: "Questions, proposals, pull requests to review and what only you can repair appear here.",
  },
  tone: "attention",
})}
${listOf("running", {
  title: "Running",
  columns: ["State", "Task", "Now", "Who", "Cost so far", "Deadline", { unseen: "What you can do" }],
  empty: {
    what: "No agent is at work.",
    next: html`Comment <code>/orch</code> and what you want on an issue or a pull request; it appears here within a second.`,
  },
  all: "/tasks?state=running",
})}
${listOf("waiting", {
  title: "Waiting",
  columns: ["State", "Task", "Why", "Ends in vain", { unseen: "What you can do" }],
  empty: { what: "Nothing waits." },
  all: "/tasks?state=waiting",
})}
${block("hosts")}
${listOf("over", {
  title: "Recently over",
  columns: ["State", "Task", "End", "Who", "Cost", "Ended", { unseen: "What you can do" }],
  empty: { what: "Nothing else has ended within the last seven days." },
  aside: html`<a href="/tasks?state=settled">All tasks</a>`,
})}`;
}
