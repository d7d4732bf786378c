/** The worker hosts with what is at work on each. Pure. Times are Unix ms. */
import type { HostView } from "../task/hosts.ts";
import type { Phase, Task } from "../task/task.ts";
import { bare } from "../text/quote.ts";
import type { Around } from "./around.ts";
import { type CannotWork, cannotWork } from "./cannot-work.ts";
import { isStopping } from "./task-view.ts";
import { busyOn } from "./why.ts";

export type RunOnHost = { task: string; phase: Phase; stopping: boolean; since: number; lastOutputAt?: number };

export type HostWithRuns = HostView & {
  /** Slots that have a run. */
  busy: number;
  /** It is alive and cannot work. */
  cannotWork?: CannotWork;
  /** Oldest first. */
  runs: RunOnHost[];
};

/** As they come in `around`: the newest beat first. */
export function hosts({ hosts: all, tasks = [], beats, paused, now }: Around): HostWithRuns[] {
  return all.map((host) => ({
    ...host,
    ...troubleOf(host, { busy: busyOn(host.id, tasks), paused, now }),
    name: bare(host.name, 80),
    agents: host.agents.map((agent) => bare(agent, 80)),
    busy: busyOn(host.id, tasks),
    runs: tasks.flatMap((task) => runOn(host.id, task, beats)).sort((one, other) => one.since - other.since),
  }));
}

function troubleOf(host: HostView, known: Parameters<typeof cannotWork>[1]): Pick<HostWithRuns, "cannotWork"> {
  const found = cannotWork(host, known);
  return found ? { cannotWork: { ...found, ...(found.why !== undefined && { why: bare(found.why, 300) }) } } : {};
}

function runOn(hostId: string, task: Task, beats: Around["beats"]): RunOnHost[] {
  const { spec, state, pushed } = task;
  if (state.name !== "running" || state.host !== hostId || pushed) return [];
  const lastOutputAt = beats?.get(spec.id);
  const run = { task: spec.id, phase: state.phase, stopping: isStopping(task), since: state.since };
  return [{ ...run, ...(lastOutputAt !== undefined && { lastOutputAt }) }];
}
