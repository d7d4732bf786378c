/**
 * What the bot says about a task's way and end, as pure functions. A failure is told in one honest sentence that says
 * whose it is: the work's, or ours who could not run it. What to do next is in `next-step.ts`.
 */
import type { CancelReason, Outcome, RunEnd } from "../task/outcome.ts";
import { hiddenBehind, type Phase, type Pushed, progressOf, type Task } from "../task/task.ts";
import { type TeamStage, teamStage } from "../task/team-stage.ts";
import type { WaitingReason } from "../task/waiting.ts";
import { count, duration } from "../text/amounts.ts";
import type { Quoting } from "../text/quote.ts";
import type { Evidence, OutcomeView } from "../views/outcome-view.ts";
import { isStopping, type TaskView } from "../views/task-view.ts";
import { isOwnPullRequest, type WhySettled } from "../views/why.ts";
import { agentFault, asSentence, timedOut } from "./fault-words.ts";
import { ONLY_WITH_HIDDEN, onlyWithHidden } from "./hidden-words.ts";
import { reachedLimit } from "./limit-words.ts";
import { takenBack } from "./origin-words.ts";
import { missingLine } from "./plan-words.ts";
import { reviewed, reviewHeadline } from "./review-words.ts";
import { stoppedWork } from "./stopped-words.ts";

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

export const evidenceTitles: Record<Evidence["what"], string> = {
  check_output: "Output of the verify command",
  summary: "Summary by the agent",
  last_words: "End of the agent's output",
  last_lines: "End of the agent's output",
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

/** What happened, in a sentence or two. */
export function explanation(end: WhySettled, quoting: Quoting): string {
  const { outcome } = end;
  const sentence = (text: string) => asSentence(quoting.plain(text));
  switch (outcome.kind) {
    case "pull_request":
      return delivered(end, outcome, quoting);
    case "merged":
      return `Its work is part of its plan as commit ${quoting.code(outcome.sha.slice(0, 7))}. The plan's pull request brings it with the rest.`;
    case "reviewed":
      return reviewed(outcome, quoting);
    case "no_changes":
      return "The agent finished without changing anything, so there is no pull request. What it said may tell why.";
    case "agent_failed": {
      const said = outcome.message.replace(MERE_EXIT, "");
      const what = `${agentFault(outcome.reason)}${exitWords(outcome.exitCode)}`;
      return `${said === "" ? `${what}.` : `${what}: ${sentence(said)}`} Nothing was published.`;
    }
    case "verify_failed":
      return stillFails(outcome, quoting);
    case "timed_out":
      return timedOut(outcome, quoting);
    case "out_of_budget":
      return `The agent used up its budget: ${sentence(outcome.message)} Nothing was published.`;
    case "over_limit":
      return overLimit(outcome);
    case "stalled":
      return `The agent made the same call ${outcome.times} times, each time with the same result, and nothing new in between: ${quoting.code(outcome.call, 200)}. It was stopped. Nothing was published.`;
    case "cancelled":
      return `${cancelWords(end.task, outcome.reason, quoting)} Nothing was published.`;
    case "refused":
      return sentence(outcome.reason);
    case "host_error":
      return `This is our fault, not your request's: ${sentence(outcome.message)}`;
  }
}

function overLimit({ during, ...over }: Extract<OutcomeView, { kind: "over_limit" }>): string {
  const who = during === "setup" ? "The repository's setup command" : "The agent";
  return `${who} was ended, because ${reachedLimit(over)}. Nothing was published.`;
}

/** What the exit code beside it says already. */
const MERE_EXIT = /^The agent ended with exit code \d+(?:: |$)/;

type End<Kind extends Outcome["kind"]> = Extract<OutcomeView, { kind: Kind }>;

function delivered(end: WhySettled, outcome: End<"pull_request">, quoting: Quoting): string {
  const stopped = end.pushed?.stopped;
  const hidden = end.pushed && end.runs.at(-1)?.verification?.hidden;
  return [
    ...(stopped ? [stoppedWork(stopped, quoting)] : []),
    ...(hidden ? [onlyWithHidden(hidden, quoting)] : []),
    ...(outcome.missing?.length ? [missingLine(outcome.missing, quoting)] : []),
    whereTheWorkIs(end, outcome, quoting),
    ...(end.pushed && end.cancel ? [CANCELLED_TOO_LATE] : []),
  ].join(" ");
}

function stillFails({ verification }: End<"verify_failed">, { code }: Quoting): string {
  const { command, exitCode, rounds, unchanged } = verification;
  const why = unchanged
    ? " The agent was shown this failure and made no commit since, so it was not asked once more."
    : "";
  return `The agent made changes, but ${code(command)} still fails (exit code ${exitCode}) after ${count(rounds, "round")}.${why} Nothing was published.`;
}

const CANCELLED_TOO_LATE = "The cancellation came too late: the push had already begun.";

function whereTheWorkIs({ pushed, own }: WhySettled, { number }: End<"pull_request">, quoting: Quoting): string {
  if (!pushed) return `A pull request for this task's branch is open: #${number}.`;
  if (own)
    return `${count(pushed.commits, "commit")} went to ${quoting.code(pushed.branch)}, the branch of this pull request.`;
  const elsewhere = wentElsewhere(pushed, quoting);
  return `The work is in pull request #${number}.${elsewhere === undefined ? "" : ` ${elsewhere}`}`;
}

/** Why the work is not on the branch that it was meant for. */
export function wentElsewhere({ insteadOf, because }: Pushed, { code }: Quoting): string | undefined {
  if (insteadOf === undefined) return undefined;
  if (because === "stopped")
    return `Because it may be incomplete, it was not pushed to ${code(insteadOf)}, but to a branch of its own.`;
  return because === "auto_merge"
    ? `Auto-merge was turned on for the pull request of ${code(insteadOf)} while the agent worked. So that nothing is merged without a review, the work was pushed to a branch of its own.`
    : `Somebody pushed to ${code(insteadOf)} while the agent worked. Nothing was overwritten: the work was pushed to a branch of its own.`;
}

function exitWords(exitCode: number | undefined): string {
  return exitCode === undefined ? "" : ` (exit code ${exitCode})`;
}

function cancelWords({ origin }: TaskView, reason: CancelReason, quoting: Quoting): string {
  const { code } = quoting;
  switch (reason.kind) {
    case "command":
      return `${code(reason.by, 60)} cancelled the task.`;
    case "by_operator":
      return `The operator of this App (${code(reason.by, 60)}) cancelled the task.`;
    case "issue_closed":
      return reason.moved
        ? `${code(reason.by, 60)} moved the issue to another repository, so the task was stopped.`
        : `${code(reason.by, 60)} closed the issue or pull request, so the task was stopped.`;
    case "taken_back":
      return `${takenBack(origin, reason.by, quoting)}, so the task was stopped.`;
    case "left_plan":
      return `The plan ${code(reason.task, 60)} goes on without it, or is over, so the task was stopped.`;
    case "first_cancelled":
      return `It was to go on from the task ${code(reason.task, 60)}, which was cancelled, so it was not started.`;
    case "repository_archived":
      return "The repository was archived, so the task was stopped.";
    case "installation_removed":
      return "The App no longer has access to this repository, so the task was stopped.";
  }
}

/** Why a task ends when GitHub is closed to us. */
export function refusedByGitHub(failure: "installation_gone" | "suspended" | "gone" | "archived"): string {
  switch (failure) {
    case "installation_gone":
      return "The App is no longer installed for this repository.";
    case "suspended":
      return "The App's installation is suspended.";
    case "gone":
      return "The App can no longer see the repository, or this issue or pull request in it.";
    case "archived":
      return "The repository is archived, so nothing can be written to it.";
  }
}
