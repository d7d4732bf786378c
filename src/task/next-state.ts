/**
 * The one function that decides what a piece of news makes of a task. Pure: clocks and stores are elsewhere.
 * Late and repeated news is normal here (webhooks overtake each other, hosts die between two writes), so it is not an
 * error: the answer is then `undefined`, and nothing is written.
 */

import { isDeepStrictEqual } from "node:util";
import { isSameLane, runLane } from "./lane.ts";
import type { CancelReason, Outcome } from "./outcome.ts";
import type { Progress } from "./progress.ts";
import { withDecision } from "./proposal.ts";
import { withAnswer, withoutAnswers, withQuestion, withReferral } from "./question.ts";
import { withRaise } from "./raise.ts";
import { current, endLast, endParked, nextRun, withCheckpoint, withoutHome, withProgress } from "./runs.ts";
import type { PullRequest, Task } from "./task.ts";
import type { NewPlace, TaskNews } from "./task-news.ts";
import type { Target } from "./task-spec.ts";
import type { WaitingReason } from "./waiting.ts";

/** A host that dies this often within the window takes the task down as poison. */
const CRASH_LIMIT = 3;
export const CRASH_WINDOW_MS = 10 * 60_000;

export function nextTask(task: Task, news: TaskNews): Task | undefined {
  // Of what is over, too: they say nothing about the end.
  if (news.name === "not_kept") return withoutHome(task, news.epoch);
  if (news.name === "left") return withCheckpoint(task, news.epoch, news.checkpoint);
  if (news.name === "review_shown") return withReviewShown(task, news);
  if (news.name === "moved") return moved(task, news.place);
  if (task.state.name === "settled") return undefined;
  switch (news.name) {
    case "waits":
    case "ready":
      return dispatched(task, news);
    case "onto":
      if (task.state.name !== "waiting" || task.version !== news.version) return undefined;
      return { ...task, spec: { ...task.spec, target: news.target } };
    case "claimed":
      return claimed(task, news);
    case "phase":
      return isCurrent(task, news.epoch) ? inPhase(task, news) : undefined;
    case "progress":
      return isCurrent(task, news.epoch) ? withProgress(task, news.progress) : undefined;
    case "pushed":
      if (!isCurrent(task, news.epoch) || task.pushed) return undefined;
      return { ...withProgress(task, news.progress), pushed: news.pushed };
    case "ended":
      if (!isCurrent(task, news.epoch) || task.pushed) return undefined;
      return settled(withProgress(task, news.progress), news.outcome, news.at);
    case "parked":
      return isCurrent(task, news.epoch) && !task.pushed ? parked(task, news) : undefined;
    case "asked":
      return isCurrent(task, news.epoch) && !task.pushed ? withQuestion(task, news.question) : undefined;
    case "referred":
      return withReferral(task, news.question, news.at);
    case "answered":
      return withAnswer(task, news.question, news.answer);
    case "decided":
      return withDecision(task, news.proposal, news.decision);
    case "raised":
      return withRaise(task, news.budget);
    case "crashed":
      return isCurrent(task, news.epoch) ? withCrash(task, news.at) : undefined;
    case "pull_request":
      return withPullRequest(task, news.pullRequest, news.at);
    case "cancel":
      return cancelled(task, news.reason, news.at);
    case "given_up":
      // What has changed since may be why it should not be given up: who gives up has to look again.
      if (task.version !== news.version) return undefined;
      return settled(task, news.outcome, news.at);
  }
}

/** A run's news counts only while it is the current run and has not handed over to the bot. */
function isCurrent(task: Task, epoch: number): boolean {
  return task.state.name === "running" && task.epoch === epoch;
}

/** Judged on this version only: two bots that dispatch the same task decide once. */
function dispatched(task: Task, news: Extract<TaskNews, { name: "waits" | "ready" }>): Task | undefined {
  const { state } = task;
  if (state.name === "running" || state.name === "settled" || task.version !== news.version) return undefined;
  if (news.name === "ready") {
    const { lane, continues, routing, at } = news;
    const since = state.name === "queued" ? state.since : at;
    return {
      ...task,
      ...unanswered(task),
      agent: lane.agent,
      ...(continues !== undefined && { continues }),
      ...(routing && { routing }),
      state: { name: "queued", since, lane },
    };
  }
  const since = state.name === "waiting" ? state.since : news.at;
  return { ...task, ...unanswered(task, news.reasons), state: { name: "waiting", since, reasons: news.reasons } };
}

function inPhase(task: Task, { phase, progress = {}, at }: Extract<TaskNews, { name: "phase" }>): Task | undefined {
  const { state } = task;
  if (state.name !== "running") return undefined;
  const before = current(task)?.progress ?? {};
  const isNew = Object.entries(progress).some(
    ([what, value]) => value !== undefined && before[what as keyof Progress] !== value,
  );
  const entered = state.phase !== phase;
  if (!entered && !isNew) return undefined;
  const phaseSince = entered ? at : state.phaseSince;
  return { ...withProgress(task, progress), state: { ...state, phase, phaseSince } };
}

function claimed(task: Task, news: Extract<TaskNews, { name: "claimed" }>): Task | undefined {
  // What waits has no job: this one is of before.
  if (task.pushed || task.state.name === "waiting" || task.state.name === "settled") return undefined;
  // A job in another lane is left over from a move: who takes it must not disturb the run, or the turn, that the task has.
  if (!isSameLane(task.state.lane, news.lane)) return undefined;
  if (task.state.name === "running" && task.state.claim === news.claim) return undefined;
  // Another host takes the task only when the earlier one let its lock run out: it crashed or was cut off. The same host
  // claims it again only when it knows nothing of its run any more; its crashes it tells itself.
  const running = task.state.name === "running" ? task.state : undefined;
  const again = running?.host === news.host;
  if (isQuarantined(task)) return undefined;
  const survivor = running && !again ? withCrash(task, news.at) : task;
  if (isQuarantined(survivor)) return survivor;
  const { host, claim, job, at } = news;
  const lane = runLane(news.lane);
  const epoch = task.epoch + 1;
  const runs = nextRun(survivor.runs, { number: epoch, host, startedAt: at }, { same: again });
  if (again && running) return { ...survivor, epoch, runs, state: { ...running, claim, job } };
  const begun = { phase: "preparing" as const, since: at, phaseSince: at };
  return { ...survivor, epoch, runs, state: { name: "running" as const, host, claim, job, lane, ...begun } };
}

function parked(before: Task, news: Extract<TaskNews, { name: "parked" }>): Task {
  const { epoch, reasons, progress, checkpoint, proposal = before.proposal, at } = news;
  const task = (checkpoint && withCheckpoint(before, epoch, checkpoint)) ?? before;
  if (task.cancel) return settled(task, { kind: "cancelled", reason: task.cancel }, at);
  const { runs, ...rest } = withProgress(task, progress);
  const end = reasons.some((reason) => reason.for === "limit") ? "limited" : "parked";
  const state = { name: "waiting" as const, since: at, reasons };
  return { ...rest, runs: endParked(runs, end, at), ...(proposal && { proposal }), state };
}

/** What it waits for no longer, in vain, is over: an answer that comes now comes too late. */
function unanswered(task: Task, next: readonly WaitingReason[] = []): Pick<Task, "questions"> {
  if (task.state.name !== "waiting") return {};
  const asked = askedIn(task.state.reasons);
  return withoutAnswers(
    task,
    asked.filter((question) => !askedIn(next).includes(question)),
  );
}

const askedIn = (reasons: readonly WaitingReason[]): string[] =>
  reasons.flatMap((reason) => (reason.for === "answer" ? [reason.question] : []));

/**
 * Nobody runs the task any more: too many hosts have died of it within ten minutes. It is the bot's to end, which first looks
 * whether one of them had pushed before it died.
 */
export const isQuarantined = ({ crashes }: Pick<Task, "crashes">): boolean => crashes.length >= CRASH_LIMIT;

/** Counts a host's death while it worked on the task. */
function withCrash(task: Task, at: number): Task {
  const crashes = [...task.crashes, at].filter((crash) => at - crash < CRASH_WINDOW_MS);
  return { ...task, crashes };
}

function withPullRequest(task: Task, pullRequest: PullRequest, at: number): Task {
  const { sha, missing } = task.pushed ?? {};
  const outcome: Outcome = { kind: "pull_request", ...pullRequest, sha, ...(missing && { missing }) };
  return settled({ ...task, pullRequest }, outcome, at);
}

function onto(target: Target, defaultBranch: string): Target {
  const isOntoIt = target.kind === "pull" && target.baseRef === target.defaultBranch;
  return { ...target, defaultBranch, ...(isOntoIt && { baseRef: defaultBranch }) };
}

function moved(task: Task, { defaultBranch, ...place }: NewPlace): Task | undefined {
  const hasBegun = task.state.name === "running" || task.state.name === "settled";
  const target = hasBegun || defaultBranch === undefined ? {} : { target: onto(task.spec.target, defaultBranch) };
  const spec = { ...task.spec, ...place, ...target };
  return isDeepStrictEqual(spec, task.spec) ? undefined : { ...task, spec };
}

/** Once the branch is on GitHub it is too late to cancel: the pull request is about to open. */
function cancelled(task: Task, reason: CancelReason, at: number): Task | undefined {
  if (task.state.name !== "running") return settled(task, { kind: "cancelled", reason }, at);
  return task.cancel || task.pushed ? undefined : { ...task, cancel: reason };
}

/** Said once: what was told of the findings stands. */
function withReviewShown(task: Task, { url, handedOn }: Extract<TaskNews, { name: "review_shown" }>): Task | undefined {
  const { state } = task;
  if (state.name !== "settled" || state.outcome.kind !== "reviewed" || state.outcome.url !== undefined)
    return undefined;
  return { ...task, state: { ...state, outcome: { ...state.outcome, url, ...(handedOn && { handedOn }) } } };
}

function settled(task: Task, outcome: Outcome, at: number): Task {
  return { ...task, runs: endLast(task.runs, outcome, at), state: { name: "settled", outcome, at } };
}
