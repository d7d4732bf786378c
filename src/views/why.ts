/**
 * Why a task is not over, or why it ended so: one pure answer for the progress comment, `/orch status`, `orch why` and whoever
 * asks next. What an answer depends on besides the task may be known in part only: what is missing is left unsaid, never
 * guessed. Times are Unix ms.
 */
import { pullNumberOf } from "../task/branch.ts";
import { HOME_WAIT_MS, QUEUE_DEADLINE_MS } from "../task/deadlines.ts";
import { type HostView, lackingRoom, takingWork } from "../task/heartbeat.ts";
import type { TasksInDoubt } from "../task/in-doubt.ts";
import type { CancelReason } from "../task/outcome.ts";
import type { Pause, Paused } from "../task/pause.ts";
import { mayChange, openProposal } from "../task/proposal.ts";
import { questionOf } from "../task/question.ts";
import type { RunDoubt } from "../task/standing.ts";
import type { Phase, Pushed, Task, TaskState } from "../task/task.ts";
import type { BudgetReason, LimitReason, OnNoAnswer, WaitingReason } from "../task/waiting.ts";
import { bare } from "../text/quote.ts";
import { type NextDeadline, nextDeadline } from "./next-deadline.ts";
import { type Evidence, evidenceOf, type OutcomeView, outcomeView } from "./outcome-view.ts";
import { type QuestionView, questionView } from "./question-view.ts";
import {
  agentOf,
  type HostName,
  hostName,
  isStopping,
  type RunView,
  runView,
  type TaskView,
  taskView,
} from "./task-view.ts";

export type Around = {
  now: number;
  hosts: readonly HostView[];
  /** All tasks that are not over, and those that are waited for. */
  tasks?: readonly Task[];
  /** Of each lane the ids of the tasks whose jobs wait there, the next one first; of a long lane the beginning. */
  queue?: readonly (readonly string[])[];
  /** When the agents of tasks last said anything. */
  beats?: ReadonlyMap<string, number>;
  inDoubt?: TasksInDoubt;
  paused?: Paused;
  /** Of installations that may create no text for now: until when, Unix ms. */
  textHeld?: ReadonlyMap<number, number>;
};

type Base = {
  task: TaskView;
  /** Oldest first; the last one is the current one, or the one that ended it. */
  runs: RunView[];
  /** What is wrong with its record, as its host sees it. */
  inDoubt?: RunDoubt;
};

/** `until`: when it ends in vain. What would end the waiting: the other task's end, or a host with the agent. */
export type ReasonView = { until: number } & (
  | {
      for: "task";
      task: string;
      /** It goes on from that one, wherever its work is. */
      behind?: boolean;
      /** Missing when nothing is known of it. */
      other?: TaskView;
      inDoubt?: RunDoubt;
    }
  | (Omit<LimitReason, "for" | "until"> & { for: "limit" })
  | { for: "approval"; proposal: string; title?: string }
  | Omit<BudgetReason, "until">
  | { for: "answer"; question: string; onNoAnswer: OnNoAnswer; asked?: QuestionView }
  | {
      for: "agent";
      agent?: string;
      /** The agents that living hosts offer instead. */
      offered: string[];
      /** Living hosts that have the agent, and too little room on their disks to take a task. */
      full?: HostName[];
    }
);

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
  full?: HostName[];
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

function baseOf(task: Task, { hosts, inDoubt }: Around): Base {
  const doubt = inDoubt?.get(task.spec.id);
  return {
    task: taskView(task, hosts),
    runs: task.runs.map((run) => runView(run, hosts)),
    ...(doubt && { inDoubt: doubt }),
  };
}

function reasonView(task: Task, reason: WaitingReason, { hosts, tasks, inDoubt }: Around): ReasonView {
  const { until } = reason;
  if (reason.for === "limit" || reason.for === "budget") return reason;
  if (reason.for === "approval") {
    const proposal = openProposal(task);
    return { ...reason, ...(proposal?.name === reason.proposal && { title: bare(proposal.said.title, 200) }) };
  }
  if (reason.for === "answer") {
    const question = questionOf(task, reason.question);
    return { ...reason, ...(question && { asked: questionView(question) }) };
  }
  if (reason.for === "agent") {
    const offered = [...new Set(takingWork(hosts).flatMap(({ agents }) => agents))].sort();
    const full = fullHosts(hosts, reason.agent);
    const named = reason.agent === undefined ? {} : { agent: reason.agent };
    return { for: "agent", until, ...named, offered, ...(full.length > 0 && { full }) };
  }
  const other = tasks?.find(({ spec }) => spec.id === reason.task);
  const doubt = inDoubt?.get(reason.task);
  return {
    for: "task",
    until,
    task: reason.task,
    ...(reason.behind && { behind: true }),
    ...(other && { other: taskView(other, hosts) }),
    ...(doubt && { inDoubt: doubt }),
  };
}

/** Living hosts with the agent, or any, that take nothing for want of room. */
const fullHosts = (hosts: readonly HostView[], agent: string | undefined): HostName[] =>
  lackingRoom(hosts)
    .filter(({ agents }) => agent === undefined || agents.includes(agent))
    .map(({ id }) => hostName(id, hosts));

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
  const deadline = host?.limits && nextDeadline(task, state, host.limits, lastOutputAt);
  const textHeldUntil = task.pushed && textHeld?.get(task.spec.installationId);
  return {
    phase,
    since,
    phaseSince,
    stopping: isStopping(task),
    ...heldUp(task, phaseSince),
    ...(!mayChange(task) && { proposes: true as const }),
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
