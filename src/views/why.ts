/**
 * Why a task is not over, or why it ended so: one pure answer for the progress comment, `/orch status`, `orch why` and whoever
 * asks next. What an answer depends on besides the task may be known in part only: what is missing is left unsaid, never
 * guessed. Times are Unix ms.
 */

import { pullNumberOf } from "../task/branch.ts";
import { HOME_WAIT_MS, QUEUE_DEADLINE_MS } from "../task/deadlines.ts";
import { takingWork } from "../task/hosts.ts";
import type { CancelReason } from "../task/outcome.ts";
import type { Pause } from "../task/pause.ts";
import { mayChange } from "../task/proposal.ts";
import type { Routing } from "../task/routing.ts";
import type { RunDoubt } from "../task/standing.ts";
import type { Phase, Pushed, Task, TaskState } from "../task/task.ts";
import type { Around } from "./around.ts";
import { limitsOn, type NextDeadline, nextDeadline } from "./next-deadline.ts";
import { type Evidence, evidenceOf, type OutcomeView, outcomeView } from "./outcome-view.ts";
import { type PlanView, planView } from "./plan-view.ts";
import { fullHosts, type ReasonView, reasonView } from "./reason-view.ts";
import {
  agentOf,
  type FullHost,
  type HostName,
  hostName,
  isStopping,
  type RunView,
  runView,
  type TaskView,
  taskView,
} from "./task-view.ts";

type Base = {
  task: TaskView;
  /** Oldest first; the last one is the current one, or the one that ended it. */
  runs: RunView[];
  /** The plan of its team, once that is approved. */
  team?: PlanView;
  /** How its agent was chosen, or would have been: for whoever may see what work costs, here and in other repositories. */
  routing?: Routing;
  /** What is wrong with its record, as its host sees it. */
  inDoubt?: RunDoubt;
};

/** `busy`: the slots that have a run; missing when that was not looked at. */
export type HostSlots = HostName & { slots: number; busy?: number };

export type WhyWaiting = Base & { state: "waiting"; since: number; reasons: ReasonView[] };

export type WhyQueued = Base & {
  state: "queued";
  since: number;
  agent?: string;
  /** The host that keeps the session which it goes on with: until then no other takes it. */
  home?: HostName & { until: number };
  /** How many tasks stand before it; missing when it was not looked at, or not found so far. */
  before?: number;
  /** Living hosts that take work, whatever they offer. */
  connected: number;
  /** Where none of them offers its agent: living hosts that do, and have too little room on their disks to take a task. */
  full?: FullHost[];
  /** Those of them that offer its agent. */
  hosts: HostSlots[];
  /** All work is held back. */
  pause?: Pause;
  /** When it ends, should no host have taken it. */
  until: number;
};

export type WhyRunning = Base & {
  state: "running";
  phase: Phase;
  since: number;
  phaseSince: number;
  stopping: boolean;
  /** Since when the phase waits for GitHub's git, which takes nothing. */
  heldUpSince?: number;
  /** Its agent is to propose something, and may change nothing before that is approved. */
  proposes?: true;
  /** Its agent reviews changes that are there already. */
  reviews?: true;
  /** Once the branch is on GitHub; the bot then opens the pull request. */
  pushed?: Pushed;
  /** Until then GitHub takes no pull request from us: so much was written within the hour. */
  textHeldUntil?: number;
  /** `lastBeat` is missing of a host that is not known any more. */
  host: HostName & { alive: boolean; lastBeat?: number };
  /** When the agent last said anything, or began. */
  lastOutputAt?: number;
  /** Missing where the host does not say how long its runs may take. */
  deadline?: NextDeadline;
};

export type WhySettled = Base & {
  state: "settled";
  at: number;
  outcome: OutcomeView;
  evidence: Evidence[];
  /** The work went to the pull request under which it was asked for. */
  own: boolean;
  pushed?: Pushed;
  /** Somebody had asked to stop it. */
  cancel?: CancelReason;
};

export type Why = WhyWaiting | WhyQueued | WhyRunning | WhySettled;

type In<Name extends TaskState["name"]> = Extract<TaskState, { name: Name }>;

export function why(task: Task, around: Around): Why {
  const { state } = task;
  const base = baseOf(task, around);
  switch (state.name) {
    case "waiting": {
      const reasons = state.reasons.map((reason) => reasonView(task, reason, around));
      return { state: "waiting", ...base, since: state.since, reasons };
    }
    case "queued":
      return { state: "queued", ...base, ...queued(task, state, around) };
    case "running":
      return { state: "running", ...base, ...running(task, state, around) };
    case "settled":
      return { state: "settled", ...base, ...settled(task, state) };
  }
}

/** How many slots of the host have a run. One that has pushed has given its slot back. */
export const busyOn = (hostId: string, tasks: readonly Task[]): number =>
  tasks.filter(({ state, pushed }) => state.name === "running" && state.host === hostId && !pushed).length;

/** True when the work went to the pull request under which it was asked for. */
export function isOwnPullRequest(task: Task, number: number): boolean {
  return number === pullNumberOf(task.spec);
}

function baseOf(task: Task, { hosts, teams, inDoubt }: Around): Base {
  const team = teams?.get(task.spec.id);
  const doubt = inDoubt?.get(task.spec.id);
  return {
    task: taskView(task, hosts),
    runs: task.runs.map((run) => runView(run, hosts)),
    ...(team && { team: planView(team, task, hosts) }),
    ...(task.routing && { routing: task.routing }),
    ...(doubt && { inDoubt: doubt }),
  };
}

function queued(task: Task, { since, lane }: In<"queued">, { hosts, tasks, queue, paused = {} }: Around) {
  const agent = agentOf(task);
  const connected = takingWork(hosts);
  const offering = connected.filter(({ agents }) => agent === undefined || agents.includes(agent));
  const full = offering.length > 0 ? [] : fullHosts(hosts, agent);
  const line = queue?.find((ids) => ids.includes(task.spec.id));
  const before = line?.indexOf(task.spec.id) ?? -1;
  const home = lane?.host;
  return {
    since,
    ...(home !== undefined && {
      home: { ...hostName(home, hosts), until: Math.max(since, paused.resumedAt ?? 0) + HOME_WAIT_MS },
    }),
    ...(agent !== undefined && { agent }),
    ...(before >= 0 && { before }),
    connected: connected.length,
    ...(full.length > 0 && { full }),
    hosts: offering.map(({ id, slots }) => ({
      ...hostName(id, hosts),
      slots,
      ...(tasks && { busy: busyOn(id, tasks) }),
    })),
    ...(paused.pause && { pause: paused.pause }),
    until: Math.max(since, paused.resumedAt ?? 0) + QUEUE_DEADLINE_MS,
  };
}

function running(task: Task, state: In<"running">, { hosts, beats, textHeld }: Around) {
  const { phase, since, phaseSince } = state;
  const host = hosts.find(({ id }) => id === state.host);
  const lastOutputAt = beats?.get(task.spec.id);
  const limits = host && limitsOn(host, task.spec);
  const deadline = limits && nextDeadline(task, state, limits, lastOutputAt);
  const textHeldUntil = task.pushed && textHeld?.get(task.spec.installationId);
  return {
    phase,
    since,
    phaseSince,
    stopping: isStopping(task),
    ...heldUp(task, phaseSince),
    ...(!mayChange(task) && { proposes: true as const }),
    ...(task.spec.review && { reviews: true as const }),
    ...(task.pushed && { pushed: task.pushed }),
    ...(textHeldUntil !== undefined && { textHeldUntil }),
    host: { ...hostName(state.host, hosts), alive: host?.alive ?? false, ...(host && { lastBeat: host.lastBeat }) },
    ...(lastOutputAt !== undefined && { lastOutputAt }),
    ...(deadline && { deadline }),
  };
}

/** Of an earlier phase it says nothing any more. */
function heldUp({ runs }: Task, phaseSince: number): Pick<WhyRunning, "heldUpSince"> {
  const since = runs.at(-1)?.progress.heldUpSince;
  return since && since >= phaseSince ? { heldUpSince: since } : {};
}

function settled(task: Task, { outcome, at }: In<"settled">) {
  const { pushed, cancel } = task;
  return {
    at,
    outcome: outcomeView(outcome),
    evidence: evidenceOf(task, outcome),
    own: outcome.kind === "pull_request" && isOwnPullRequest(task, outcome.number),
    ...(pushed && { pushed }),
    ...(cancel && { cancel }),
  };
}
