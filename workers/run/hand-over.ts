/** What an agent goes on from: an earlier task's session, and what that task came to, read off its record. */
import type { Outcome } from "../../src/task/outcome.ts";
import type { RunStart } from "../../src/task/progress.ts";
import { isParked } from "../../src/task/runs.ts";
import { progressOf, type Task } from "../../src/task/task.ts";
import { count } from "../../src/text/amounts.ts";
import type { HandOver } from "../agents/prompt-input.ts";
import type { Continues } from "../kept-sessions/take-session.ts";
import { answerText, noteTold, untoldOf } from "./answers.ts";
import type { Place } from "./ground.ts";
import type { Run, Shared } from "./run.ts";
import type { RunFolder } from "./run-folder.ts";

/** `session`: the one that its last agent named, wherever it is kept. `own`: it is the run's own task. */
export type Earlier = { handOver: HandOver; session: Continues | undefined; own?: Task };

/** Undefined where the record is in doubt: the branch itself says what there is. */
export async function readEarlier({ store }: Pick<Shared, "store">, taskId: string): Promise<Earlier | undefined> {
  const task = await store.read(taskId);
  if (!task) return undefined;
  const { agent, sessionId } = progressOf(task);
  return { handOver: handOverOf(task), session: agent && sessionId ? { taskId, agent, sessionId } : undefined };
}

/**
 * What the run goes on from: what its own task had come to, where that was parked and cannot be gone on with here; else the task before
 * it, if there is one.
 */
export async function readBefore(
  shared: Pick<Shared, "store">,
  run: Pick<Run, "task" | "folder">,
): Promise<Earlier | undefined> {
  const { task, folder } = run;
  const own = folder.record.epoch > 1 ? await shared.store.read(task.spec.id) : undefined;
  const handOver = own && ownHandOver(own);
  if (handOver) return { handOver, session: undefined, own };
  return task.continues === undefined ? undefined : await readEarlier(shared, task.continues);
}

/** What its hand-over says, its agent knows. Saved when the run is prepared. */
export function noteBeganAnew(folder: Pick<RunFolder, "record">, { questions = [] }: Task): void {
  folder.record.beganAnew = true;
  noteTold(folder, untoldOf(questions));
}

/** Undefined when none of its runs was parked: what one that was lost had come to, nobody knows. */
export function ownHandOver(task: Task): HandOver | undefined {
  const { spec, runs, questions = [] } = task;
  const parked = runs.findLast(isParked);
  if (!parked) return undefined;
  const { summary, lastLines = "", finish, said } = parked.progress;
  const why = parked.end === "limited" ? "a limit of its model's service" : "an answer";
  return {
    own: true,
    task: spec.id,
    ...(spec.actor && { actor: spec.actor.login }),
    instruction: spec.instruction,
    ended: `It was stopped to wait for ${why}, on another machine. What it had changed there cannot be had: begin anew.`,
    lastWords: summary ?? lastLines,
    ...(finish && { finish }),
    ...(said !== undefined && { said }),
    answers: untoldOf(questions).map(answerText),
  };
}

/** How the agent of this run begins. */
export function startOf(
  { task, folder }: Pick<Run, "task"> & Partial<Pick<Run, "folder">>,
  { resumed }: Pick<Place, "resumed">,
): RunStart {
  if (folder?.record.goesOn !== undefined && resumed) return { how: "resumed", task: task.spec.id };
  if (folder?.record.beganAnew) return { how: "handed over", task: task.spec.id };
  if (task.continues === undefined) return { how: "fresh" };
  return { how: resumed ? "resumed" : "handed over", task: task.continues };
}

export function handOverOf(task: Task): HandOver {
  const { spec, state, pushed } = task;
  const outcome = state.name === "settled" ? state.outcome : undefined;
  const { finish, said, summary, lastLines = "" } = progressOf(task);
  const commits = pushed ? `${count(pushed.commits, "commit by it is", "commits by it are")} on the branch. ` : "";
  return {
    task: spec.id,
    ...(spec.actor && { actor: spec.actor.login }),
    instruction: spec.instruction,
    ended: `${commits}${outcome ? endedAs(outcome) : "It is not over."}`,
    lastWords: wordsOf(outcome) ?? (finish ? "" : (summary ?? lastLines)),
    ...(finish && { finish }),
    ...(said !== undefined && !finish && { said }),
  };
}

function wordsOf(outcome: Outcome | undefined): string | undefined {
  if (!outcome) return undefined;
  if ("lastWords" in outcome) return outcome.lastWords;
  return "lastLines" in outcome ? outcome.lastLines : undefined;
}

/** For an agent, which needs to know what of the work there is. */
function endedAs(outcome: Outcome): string {
  switch (outcome.kind) {
    case "pull_request":
      return "Its work was published.";
    case "merged":
      return "Its work is part of its plan.";
    case "reviewed":
      return `It reviewed the changes and handed in ${count(outcome.findings, "finding")}.`;
    case "no_changes":
      return "It changed nothing.";
    case "agent_failed":
      return `It failed, and nothing of it was published: ${outcome.message}`;
    case "verify_failed":
      return `Its work did not pass \`${outcome.verification.command}\`, and nothing of it was published.`;
    case "timed_out":
      return "It ran out of time, and nothing of it was published.";
    case "out_of_budget":
      return "It ran out of its budget, and nothing of it was published.";
    case "over_limit":
      return `It was ended because its programs used more ${outcome.limit === "memory" ? "memory" : "processes"} than they may, and nothing of it was published. Do less at once: one thing after the other.`;
    case "stalled":
      return `It went round in circles and was stopped, and nothing of it was published: it called ${outcome.call} ${outcome.times} times.`;
    case "cancelled":
      return "It was cancelled, and nothing of it was published.";
    case "refused":
      return `It could not be carried out: ${outcome.reason}`;
    case "host_error":
      return "The machine that it ran on failed, and nothing of it was published.";
  }
}
