/**
 * How a task stands, in one word: the first in a fixed order of all that is true of it. Total and pure, so that a list never shows a task twice,
 * and no two places say different things of it. What somebody has to do something about comes before what goes on by itself.
 */

import type { Closed } from "../../src/task/history-news.ts";
import { takingWork } from "../../src/task/hosts.ts";
import type { Outcome } from "../../src/task/outcome.ts";
import { isForPerson, openQuestions } from "../../src/task/question.ts";
import type { Task } from "../../src/task/task.ts";
import type { WaitingReason } from "../../src/task/waiting.ts";
import type { Around } from "../../src/views/around.ts";
import { isStopping } from "../../src/views/task-view.ts";

/** Where a task is listed. */
export type Section = "needs" | "running" | "waiting" | "over";

/** In order: of two that are true the first one is shown. */
const SECTIONS = {
  in_doubt: "needs",
  asks: "needs",
  proposes: "needs",
  lost: "running",
  stopping: "running",
  held_up: "running",
  publishing: "running",
  verifying: "running",
  working: "running",
  preparing: "running",
  no_host: "waiting",
  paused: "waiting",
  limited: "waiting",
  no_budget: "waiting",
  asks_manager: "waiting",
  behind: "waiting",
  team: "waiting",
  queued: "waiting",
  to_repair: "needs",
  to_review: "needs",
  merged: "over",
  closed: "over",
  delivered: "over",
  reviewed: "over",
  no_changes: "over",
  cancelled: "over",
  not_started: "over",
  failed: "over",
  could_not_run: "over",
} as const satisfies Record<string, Section>;

export type Standing = keyof typeof SECTIONS;
export const STANDINGS = Object.keys(SECTIONS) as Standing[];

/** What it depends on besides the task. */
export type StandingFacts = Pick<Around, "hosts" | "inDoubt" | "paused"> & {
  /** What became of its pull request. */
  closed?: Closed | undefined;
  /** It ended so that only a person can do something about it, and nobody has since. */
  toRepair?: boolean;
  /** Its pull request waits for a review: that is told of for some time only. */
  isNew?: boolean;
};

export const sectionOf = (standing: Standing): Section => SECTIONS[standing];

export const standingOf = (task: Task, facts: StandingFacts): Standing => {
  const all = allStandings(task, facts);
  // There is always one: a task is in some state.
  return STANDINGS.find((each) => all.has(each)) ?? "queued";
};

/** All that is true of it. */
export function allStandings(task: Task, facts: StandingFacts): Set<Standing> {
  const { state, spec } = task;
  const own = {
    waiting: () => ofWaiting(task, facts),
    queued: () => ofQueued(task, facts),
    running: () => ofRunning(task, facts),
    settled: () => ofSettled(task, facts),
  }[state.name]();
  const asks = openQuestions(task).some(isForPerson);
  return new Set([
    ...(facts.inDoubt?.has(spec.id) ? ["in_doubt" as const] : []),
    ...(asks ? ["asks" as const] : []),
    ...own,
  ]);
}

function ofRunning(task: Task, { hosts }: StandingFacts): Standing[] {
  if (task.state.name !== "running") return [];
  const { host: id, phase, phaseSince } = task.state;
  const isLost = !task.pushed && !hosts.some((host) => host.id === id && host.alive);
  const heldUpSince = task.runs.at(-1)?.progress.heldUpSince;
  return [
    ...(isLost ? ["lost" as const] : []),
    ...(isStopping(task) ? ["stopping" as const] : []),
    ...(heldUpSince && heldUpSince >= phaseSince ? ["held_up" as const] : []),
    phase,
  ];
}

function ofQueued(task: Task, { hosts, paused }: StandingFacts): Standing[] {
  const agent = task.agent ?? task.spec.agent;
  const isOffered = takingWork(hosts).some(({ agents }) => agent === undefined || agents.includes(agent));
  return [...(isOffered ? [] : ["no_host" as const]), ...(paused?.pause ? ["paused" as const] : []), "queued"];
}

const WAITS: Record<WaitingReason["for"], Standing> = {
  agent: "no_host",
  limit: "limited",
  budget: "no_budget",
  // A person's is there already, as an open question.
  answer: "asks_manager",
  approval: "proposes",
  task: "behind",
  team: "team",
};

function ofWaiting({ state }: Task, { paused }: StandingFacts): Standing[] {
  if (state.name !== "waiting") return [];
  return [...(paused?.pause ? ["paused" as const] : []), ...state.reasons.map((reason) => WAITS[reason.for]), "queued"];
}

const ENDS: Record<Outcome["kind"], Standing> = {
  pull_request: "delivered",
  merged: "merged",
  reviewed: "reviewed",
  no_changes: "no_changes",
  agent_failed: "failed",
  verify_failed: "failed",
  timed_out: "failed",
  out_of_budget: "failed",
  over_limit: "failed",
  stalled: "failed",
  cancelled: "cancelled",
  refused: "not_started",
  host_error: "could_not_run",
};

function ofSettled({ state }: Task, { closed, toRepair, isNew }: StandingFacts): Standing[] {
  if (state.name !== "settled") return [];
  const isOpen = state.outcome.kind === "pull_request" && !closed;
  return [
    ...(toRepair ? ["to_repair" as const] : []),
    ...(isOpen && isNew ? ["to_review" as const] : []),
    ...(closed ? [closed.merged ? ("merged" as const) : ("closed" as const)] : []),
    ENDS[state.outcome.kind],
  ];
}
