/**
 * What GitHub should show for a task by itself: the pure function that `show.ts` makes true. A view says everything, so
 * that showing it twice, or by two bots, changes nothing. What several tasks show together is in `agree.ts`.
 */
import { createHash } from "node:crypto";
import type { CheckButton } from "../task/check-buttons.ts";
import type { Outcome } from "../task/outcome.ts";
import { openQuestions } from "../task/question.ts";
import { hiddenBehind, progressOf, type Task } from "../task/task.ts";
import { waitsForPerson } from "../task/waiting.ts";
import { type Why, why } from "../views/why.ts";
import { headline } from "../words/task-words.ts";
import { type Annotation, annotationsOf } from "./annotations.ts";
import { renderComment, renderSummary } from "./comment-text.ts";
import type { Surroundings } from "./facts.ts";
import { teamKept, teamTurn } from "./team-turn.ts";

export type Conclusion = "success" | "neutral" | "failure" | "cancelled" | "timed_out" | "action_required";

/** Times are Unix ms. */
export type CheckView = {
  /** The commit it stands on. */
  sha: string;
  state: { status: "queued" | "in_progress" } | { status: "completed"; conclusion: Conclusion; completedAt: number };
  startedAt: number;
  title: string;
  summary: string;
  annotations: Annotation[];
  button: CheckButton;
};

export type View = {
  /** Names where the task stands: a change of it is shown at once. */
  turn: string;
  /** Names where its run stands: a change of that waits. */
  phase: string;
  /** Hash of what the agent says. */
  words: string;
  comment: string;
  /** Hash of what the comment says, passing time left out: an edit only because time passed would never end. */
  commentHash: string;
  checks: CheckView[];
};

/** The turn of a task in the queue that nobody wants to stop. */
export const QUEUED = "queued";

export function viewOf(task: Task, around: Surroundings): View {
  const timeless = { ...around, now: task.spec.acceptedAt };
  return {
    ...placeOf(task, around),
    words: hashOf(wordsOf(task)),
    comment: renderComment(task, around),
    commentHash: hashOf(renderComment(task, timeless)),
    checks: checksOf(task, timeless),
  };
}

function wordsOf(task: Task): string {
  const { said = "", lastLines = "" } = progressOf(task);
  return said === "" ? lastLines : `${said}\n${lastLines}`;
}

/** Hash of a piece of a view. */
export function hashOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
}

function placeOf(task: Task, around: Surroundings): Pick<View, "turn" | "phase"> {
  const { state, epoch, cancel } = task;
  const wish = cancel ? ":cancel" : "";
  // It stands where it stood, but for another reason.
  const answer = why(task, around);
  const room = lacksRoom(answer) ? ":room" : "";
  const asked = openQuestions(task).map(({ id }) => `:${id}`);
  const team = teamTurn(task, around);
  switch (state.name) {
    case "waiting":
      return {
        turn: `waiting:${state.reasons.map((reason) => reason.for).join()}${room}${asked.join("")}${team.turn}`,
        phase: team.phase,
      };
    case "queued":
      return { turn: `${QUEUED}${wish}${room}`, phase: "" };
    case "running":
      return {
        turn: `run ${epoch}${wish}${isHeldUp(answer) ? ":held" : ""}${budgetTurn(task)}${asked.join("")}${team.turn}`,
        phase: `${state.phase}${team.phase}`,
      };
    case "settled":
      return {
        turn: `settled:${state.outcome.kind}${task.runs.at(-1)?.checkpoint ? ":kept" : ""}${teamKept(task, around)}`,
        phase: "",
      };
  }
}

/** That its budget is nearly used up, and that it is, is told at once. */
function budgetTurn(task: Task): string {
  const { low, spent } = progressOf(task).budget ?? {};
  return spent ? ":spent" : low ? ":low" : "";
}

/** What it needs to start is a host with room on its disk. */
function lacksRoom(answer: Why): boolean {
  if (answer.state === "queued") return answer.full !== undefined;
  return answer.state === "waiting" && answer.reasons.some((reason) => reason.for === "agent" && reason.full);
}

const isHeldUp = (answer: Why): boolean => answer.state === "running" && answer.heldUpSince !== undefined;

/**
 * On a pull request the check stands on the commit that the command found, from the start; when the work is over, on
 * the commit that was pushed as well. An issue has no commit before its work is pushed. How far a run is, the comment tells:
 * an update of the check for each phase would be a request for each.
 */
function checksOf(task: Task, timeless: Surroundings): CheckView[] {
  const { spec, state, pushed } = task;
  const shas = new Set<string>();
  if (spec.target.kind === "pull") shas.add(spec.target.headSha);
  if (pushed && state.name === "settled") shas.add(pushed.sha);
  const told = state.name === "running" ? { ...task, state: { ...state, phase: "working" as const } } : task;
  return [...shas].map((sha) => ({
    sha,
    state: checkStateOf(task),
    startedAt: spec.acceptedAt,
    title: headline(told),
    summary: renderSummary(told, timeless),
    annotations: annotationsOf(task),
    button: state.name === "settled" ? "retry" : "cancel",
  }));
}

function checkStateOf(task: Task): CheckView["state"] {
  const { state } = task;
  switch (state.name) {
    case "waiting":
      // GitHub asks for a person only on a check that is completed; it goes on all the same.
      return waitsForPerson(state.reasons)
        ? { status: "completed", conclusion: "action_required", completedAt: state.since }
        : { status: "queued" };
    case "queued":
      return { status: "queued" };
    case "running":
      return { status: "in_progress" };
    case "settled":
      return { status: "completed", conclusion: conclusionOfTask(task, state.outcome), completedAt: state.at };
  }
}

/**
 * Work of an agent that was stopped, a plan of which something is missing, and a check that passed only with files which are not published, say nothing for the commit,
 * and nothing against it.
 */
const conclusionOfTask = (task: Task, outcome: Outcome): Conclusion =>
  outcome.kind === "pull_request" && (task.pushed?.stopped || hiddenBehind(task) || outcome.missing?.length)
    ? "neutral"
    : conclusionOf(outcome);

/** A refusal is no verdict on the commit, so it is neutral and does not stand in the way of a merge. */
export function conclusionOf(outcome: Outcome): Conclusion {
  switch (outcome.kind) {
    case "pull_request":
    case "merged":
      return "success";
    // An agent's review is no verdict.
    case "reviewed":
    case "no_changes":
    case "refused":
      return "neutral";
    case "cancelled":
      return "cancelled";
    case "timed_out":
      return "timed_out";
    case "agent_failed":
    case "verify_failed":
    case "out_of_budget":
    case "over_limit":
    case "stalled":
    case "host_error":
      return "failure";
  }
}
