/**
 * What programs and other dashboards read, as JSON: sums over all that the viewer may see, lists of tasks, and how many slots would be of use. The
 * same facts as on the pages, the same rights.
 */
import type { Redis } from "ioredis";
import { scaleOf } from "../src/metrics/gauges.ts";
import { takingWork } from "../src/task/hosts.ts";
import type { TaskStore } from "../src/task/store.ts";
import type { Task } from "../src/task/task.ts";
import type { Around } from "../src/views/around.ts";
import { type HostWithRuns, hosts as hostsView } from "../src/views/hosts.ts";
import { keptTasks } from "../src/views/kept-tasks.ts";
import { isRecent, type Need, needsMe } from "../src/views/needs-me.ts";
import type { ViewReader } from "../src/views/reader.ts";
import { type TaskView, taskView } from "../src/views/task-view.ts";
import {
  byNews,
  fits,
  isBehind,
  isOfTheEnd,
  LIST_STATES,
  type ListPlace,
  parsePlace,
  placeOf,
  placeText,
  type TaskFilter,
} from "../src/views/tasks.ts";
import { seenTasks } from "./seen-tasks.ts";
import type { Answer, DashboardRoute, Visit } from "./visit.ts";

type Deps = { redis: Redis; store: TaskStore; views: ViewReader };

/** Tasks that one answer has at most, and if nothing is said. */
const MOST = 500;
const LIMIT = 50;

/** Of all that the viewer may see; `hosts` and what hangs on them for operators only. Times are Unix ms. */
export type Summary = {
  now: number;
  tasks: { waiting: number; queued: number; running: number };
  /** What waits for a person. */
  needsMe: number;
  /** Seconds for which the first task in the queue has waited; 0: none is there. */
  oldestWaitSeconds: number;
  paused: boolean;
  hosts?: { alive: number; draining: number; silent: number; slots: number; busySlots: number };
};

/** `more`: there are others that fit. `next`: what `behind` is to be for them, where that is known. */
export type TaskList = { tasks: TaskView[]; more: boolean; next?: string; now: number };

export function dataRoutes({ redis, store, views }: Deps): DashboardRoute[] {
  async function summary({ rights }: Visit): Promise<Summary> {
    const around = await views.around();
    const seen = seenTasks(rights);
    const tasks = await seen.of(around.tasks);
    const fitting = (task: Task) => isRecent(task, around.now);
    const { tasks: ended } = await keptTasks(redis, store, { fits: fitting, limit: MOST, seen: seen.of });
    const needs = needsMe(ended, await views.withEnds({ ...around, tasks }, ended));
    const inState = (name: string) => tasks.filter(({ state }) => state.name === name).length;
    return {
      now: around.now,
      tasks: { waiting: inState("waiting"), queued: inState("queued"), running: inState("running") },
      needsMe: needs.filter((need) => rights.isOperator || isOfTasks(need)).length,
      oldestWaitSeconds: scaleOf({ ...around, tasks }).oldestWaitSeconds,
      paused: around.paused.pause !== undefined,
      ...(rights.isOperator && { hosts: hostSums(around) }),
    };
  }

  async function list({ rights, query }: Visit): Promise<TaskList | undefined> {
    const asked = readQuery(query);
    if (!asked) return undefined;
    const { filter, limit, behind } = asked;
    const around = await views.around();
    const none = { tasks: [], count: 0, partial: false };
    const isOver = filter.state !== undefined && isOfTheEnd(filter.state);
    const seen = seenTasks(rights);
    const fitting = (task: Task) => fits(task, filter) && isBehind(task, behind);
    const over = isOver ? await keptTasks(redis, store, { fits: fitting, limit: limit + 1, seen: seen.of }) : none;
    const all = [...(await seen.of(around.tasks.filter(fitting))), ...over.tasks].sort(byNews);
    const shown = all.slice(0, limit);
    const tasks = shown.map((task) => {
      const { checkpoint, ...view } = taskView(task, around.hosts);
      // Where it is on a host's disk is nothing that GitHub shows.
      return checkpoint && seen.tier(task) === "write" ? { ...view, checkpoint } : view;
    });
    const last = shown.at(-1);
    return {
      tasks,
      more: all.length > limit || over.partial || seen.isPartial(),
      ...(last && all.length > limit && { next: placeText(placeOf(last)) }),
      now: around.now,
    };
  }

  return [
    { method: "GET", path: "/api/v1/summary", answer: async (visit) => json(await summary(visit)) },
    { method: "GET", path: "/api/v1/tasks", answer: async (visit) => json(await list(visit)) },
    {
      method: "GET",
      path: "/api/v1/scale",
      operatorsOnly: true,
      answer: async () => json(scaleOf(await views.around())),
    },
  ];
}

const json = (value: object | undefined): Answer =>
  value === undefined
    ? { kind: "nothing" }
    : { kind: "bytes", type: "application/json; charset=utf-8", body: `${JSON.stringify(value)}\n` };

/** Not of hosts, of all work, or of a record that does not say whose it is. */
const isOfTasks = (need: Need): boolean =>
  ("task" in need && typeof need.task === "object") || ("tasks" in need && need.tasks.length > 0);

function hostSums(around: Around): NonNullable<Summary["hosts"]> {
  const all = hostsView(around);
  const open = takingWork(all) as HostWithRuns[];
  return {
    alive: all.filter(({ alive }) => alive).length,
    draining: all.filter(({ alive, draining }) => alive && draining).length,
    silent: all.filter(({ alive }) => !alive).length,
    slots: open.reduce((sum, { slots }) => sum + slots, 0),
    busySlots: open.reduce((sum, { busy }) => sum + busy, 0),
  };
}

/** Undefined where it asks for something that there is not: nothing is found by that. */
function readQuery(
  query: URLSearchParams,
): { filter: TaskFilter; limit: number; behind?: ListPlace | undefined } | undefined {
  const [state, limit] = [query.get("state"), query.get("limit") ?? String(LIMIT)];
  const place = query.get("behind");
  const behind = place === null ? undefined : parsePlace(place);
  if (place !== null && !behind) return undefined;
  const known = LIST_STATES.find((each) => each === state);
  if ((state !== null && !known) || !/^\d{1,3}$/.test(limit) || Number(limit) < 1) return undefined;
  const filter = {
    state: known,
    repository: query.get("repository") ?? undefined,
    agent: query.get("agent") ?? undefined,
  };
  return { filter, limit: Math.min(MOST, Number(limit)), behind };
}
