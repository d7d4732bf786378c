/** What an agent goes on from: an earlier task's session, and what that task came to, read off its record. */
import type { Outcome } from "../../src/task/outcome.ts";
import { progressOf, type RunStart, type Task } from "../../src/task/task.ts";
import { count } from "../../src/text/amounts.ts";
import type { HandOver } from "../agents/prompt.ts";
import type { Continues } from "../kept-sessions/take-session.ts";
import type { Place } from "./ground.ts";
import type { Run, Shared } from "./run.ts";

/** `session`: the one that its last agent named, wherever it is kept. */
export type Earlier = { handOver: HandOver; session: Continues | undefined };

/** Undefined where the record is in doubt: the branch itself says what there is. */
export async function readEarlier({ store }: Pick<Shared, "store">, taskId: string): Promise<Earlier | undefined> {
  const task = await store.read(taskId);
  if (!task) return undefined;
  const { agent, sessionId } = progressOf(task);
  return { handOver: handOverOf(task), session: agent && sessionId ? { taskId, agent, sessionId } : undefined };
}

/** How the agent of this run begins. */
export function startOf(
  { task, folder }: Pick<Run, "task"> & Partial<Pick<Run, "folder">>,
  { resumed }: Pick<Place, "resumed">,
): RunStart {
  if (folder?.record.goesOn !== undefined && resumed) return { how: "resumed", task: task.spec.id };
  if (task.continues === undefined) return { how: "fresh" };
  return { how: resumed ? "resumed" : "handed over", task: task.continues };
}

export function handOverOf(task: Task): HandOver {
  const { spec, state, pushed } = task;
  const outcome = state.name === "settled" ? state.outcome : undefined;
  const commits = pushed ? `${count(pushed.commits, "commit by it is", "commits by it are")} on the branch. ` : "";
  return {
    task: spec.id,
    ...(spec.actor && { actor: spec.actor.login }),
    instruction: spec.instruction,
    ended: `${commits}${outcome ? endedAs(outcome) : "It is not over."}`,
    lastWords: wordsOf(outcome) ?? progressOf(task).summary ?? progressOf(task).lastLines ?? "",
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
