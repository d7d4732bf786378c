/** Lists of tasks: which of them, and in which order. Pure. */
import type { Outcome } from "../task/outcome.ts";
import type { Task, TaskState } from "../task/task.ts";
import { agentOf, type NamedHosts, type TaskView, taskView } from "./task-view.ts";

/** What a list can be narrowed to: a state, or the way in which a task ended. */
export type ListState = TaskState["name"] | Outcome["kind"];

const OPEN: Record<Exclude<TaskState["name"], "settled">, true> = { running: true, queued: true, waiting: true };
const OUTCOMES: Record<Outcome["kind"], true> = {
  pull_request: true,
  merged: true,
  reviewed: true,
  no_changes: true,
  agent_failed: true,
  verify_failed: true,
  timed_out: true,
  out_of_budget: true,
  over_limit: true,
  stalled: true,
  cancelled: true,
  refused: true,
  host_error: true,
};

/** In the order in which people are told of them. */
export const LIST_STATES = [...Object.keys(OPEN), "settled", ...Object.keys(OUTCOMES)] as ListState[];

/** Whether tasks that are over may fit. */
export const isOfTheEnd = (state: ListState): boolean => !(state in OPEN);

export type TaskFilter = {
  state?: ListState | undefined;
  /** owner/name, in any case. */
  repository?: string | undefined;
  agent?: string | undefined;
  /** Accepted then or later, Unix ms. */
  since?: number | undefined;
};

export function fits(task: Task, { state: listed, repository, agent, since }: TaskFilter): boolean {
  const { spec, state } = task;
  const { owner, name } = spec.repository;
  const ends = state.name === "settled" ? [state.name, state.outcome.kind] : [state.name];
  return (
    (listed === undefined || ends.some((each) => each === listed)) &&
    (repository === undefined || `${owner}/${name}`.toLowerCase() === repository.toLowerCase()) &&
    (agent === undefined || agentOf(task) === agent) &&
    (since === undefined || spec.acceptedAt >= since)
  );
}

/** Open ones first, then the newest. */
export const byNews = (one: Task, other: Task): number => inOrder(placeOf(one), placeOf(other));

/** Where a task stands in such a list: what comes behind it is found by that, whatever has come before it since. */
export type ListPlace = { isOver: boolean; acceptedAt: number; id: string };

export const placeOf = ({ state, spec }: Task): ListPlace => ({
  isOver: state.name === "settled",
  acceptedAt: spec.acceptedAt,
  id: spec.id,
});

function inOrder(one: ListPlace, other: ListPlace): number {
  const byTime = Number(one.isOver) - Number(other.isOver) || other.acceptedAt - one.acceptedAt;
  return byTime || (one.id < other.id ? -1 : Number(one.id > other.id));
}

export const isBehind = (task: Task, place: ListPlace | undefined): boolean =>
  place === undefined || inOrder(placeOf(task), place) > 0;

/** As it stands in addresses: "1-1760000000000-tabcdefghijklmno". */
export const placeText = ({ isOver, acceptedAt, id }: ListPlace): string => `${Number(isOver)}-${acceptedAt}-${id}`;

export function parsePlace(text: string): ListPlace | undefined {
  const [, isOver, acceptedAt, id] = /^([01])-(\d{1,15})-(t[a-z2-7]{15})$/.exec(text) ?? [];
  return id === undefined ? undefined : { isOver: isOver === "1", acceptedAt: Number(acceptedAt), id };
}

/** Those that fit. */
export function tasks(all: readonly Task[], filter: TaskFilter = {}, hosts: NamedHosts = []): TaskView[] {
  const fitting = all.filter((task) => fits(task, filter));
  return fitting.sort(byNews).map((task) => taskView(task, hosts));
}

/** The team for which a task works on a node. */
export const teamOf = ({ origin }: TaskView): string | undefined => (origin.kind === "node" ? origin.plan : undefined);

/** The same, with tasks that work on nodes right below that of their team, the oldest first, where that is among them. */
export function underTeams(all: readonly TaskView[]): TaskView[] {
  const listed = new Set(all.map(({ id }) => id));
  const isBelow = (task: TaskView) => listed.has(teamOf(task) ?? "");
  const below = Map.groupBy(all.filter(isBelow), teamOf);
  return all.filter((task) => !isBelow(task)).flatMap((task) => [task, ...(below.get(task.id) ?? []).toReversed()]);
}
