/** How a task stands, in a few words or a line, as pure functions. What its end came to is told in `outcome-words.ts`. */
import type { Outcome, RunEnd } from "../task/outcome.ts";
import { hiddenBehind, type Phase, progressOf, type Task } from "../task/task.ts";
import { type TeamStage, teamStage } from "../task/team-stage.ts";
import type { WaitingReason } from "../task/waiting.ts";
import { duration } from "../text/amounts.ts";
import { isStopping, type TaskView } from "../views/task-view.ts";
import { isOwnPullRequest } from "../views/why.ts";
import { ONLY_WITH_HIDDEN } from "./hidden-words.ts";
import { reviewHeadline } from "./review-words.ts";

export const phaseWords: Record<Phase, string> = {
  preparing: "Prepare the workspace",
  working: "Run the agent",
  verifying: "Verify the result",
  publishing: "Publish the branch and open the pull request",
};

/** A few words for how a task stands. */
export function stateWord({ state, phase, stopping, outcome }: TaskView): string {
  if (outcome) return endWords[outcome];
  return stopping ? "stopping" : (phase ?? state);
}

/** How it stands, where, and for how long, with Unix ms for `now`. */
export function standing(task: TaskView, now: number): string {
  const time = duration(now - task.since);
  if (task.state === "settled") return `${stateWord(task)} ${time} ago`;
  const host = task.host ? ` on ${task.host.name ?? task.host.id}` : "";
  return `${stateWord(task)}${host} for ${time}`;
}

/** A few words for how a task, or one of its runs, ended. */
export const endWords: Record<RunEnd, string> = {
  pull_request: "pull request",
  merged: "merged into its plan",
  reviewed: "reviewed",
  no_changes: "no changes",
  agent_failed: "agent failed",
  verify_failed: "verification failed",
  timed_out: "timed out",
  out_of_budget: "out of budget",
  over_limit: "stopped at a limit",
  stalled: "stalled",
  cancelled: "cancelled",
  refused: "refused",
  host_error: "could not run",
  lost: "lost with its host",
  limited: "stopped by a limit",
  parked: "parked",
};

/** The one line that says how things stand; without Markdown, so that it serves as a check run's title too. */
export function headline(task: Task): string {
  const { state } = task;
  switch (state.name) {
    case "waiting":
      return waitingHeadline(task, state.reasons);
    case "queued":
      return "Queued";
    case "running":
      if (isStopping(task)) return "Stopping";
      return (state.phase === "working" && leadHeadlines[teamStage(task) ?? "alone"]) || runningHeadlines[state.phase];
    case "settled":
      return settledHeadline(task, state.outcome);
  }
}

function waitingHeadline({ proposal }: Task, reasons: readonly WaitingReason[]): string {
  if (reasons.some((reason) => reason.for === "team"))
    return reasons.some((reason) => reason.for === "approval")
      ? "A team works on it, and a change of its plan waits for approval"
      : "A team works on it";
  return proposal?.plan && !proposal.decision ? "A plan waits for approval" : "Waiting";
}

const runningHeadlines: Record<Phase, string> = {
  preparing: "Preparing the workspace",
  working: "The agent is working",
  verifying: "Verifying the result",
  publishing: "Publishing the commits",
};

/** Of the agent that leads a team. */
const leadHeadlines: Record<TeamStage, string | undefined> = {
  planning: "A planner looks how a team would do it",
  managing: "The team's manager looks at what happened",
  alone: undefined,
};

function settledHeadline(task: Task, outcome: Outcome): string {
  switch (outcome.kind) {
    case "pull_request": {
      if (task.pushed?.stopped) return `Stopped: what was done is in pull request #${outcome.number}`;
      if (outcome.missing?.length) return `Done in part: pull request #${outcome.number}`;
      const own = isOwnPullRequest(task, outcome.number);
      if (hiddenBehind(task))
        return own ? `Pushed: ${ONLY_WITH_HIDDEN}` : `Pull request #${outcome.number}: ${ONLY_WITH_HIDDEN}`;
      return own ? "Done: pushed to this pull request" : `Done: pull request #${outcome.number}`;
    }
    case "merged":
      return "Done: merged into its plan";
    case "reviewed":
      return reviewHeadline(outcome);
    case "no_changes":
      return "The agent changed nothing";
    case "agent_failed":
      return "The agent failed";
    case "verify_failed":
      return "The verify command fails";
    case "timed_out":
      return "Out of time";
    case "out_of_budget":
      return "Out of budget";
    case "over_limit":
      return outcome.limit === "memory" ? "Out of memory" : "Too many processes";
    case "stalled":
      return "The agent went round in circles";
    case "cancelled":
      return "Cancelled";
    case "refused":
      return isWorkLost(task) ? "Not published" : "Not started";
    case "host_error":
      return "Orch could not run this";
  }
}

/** An agent has worked, so there is something that did not get out. */
const isWorkLost = (task: Task): boolean => progressOf(task).agent !== undefined;
