/** What an earlier task came to, for the agent that goes on from it: read off that task's record, when the run is prepared. */
import { type Outcome, progressOf, type Task } from "../../src/task/task.ts";
import type { HandOver } from "../agents/prompt.ts";
import type { Shared } from "./run.ts";

/** Undefined where there is nothing to go on from, or its record is in doubt: the branch itself says what there is. */
export async function readHandOver({ store }: Pick<Shared, "store">, continues: string | undefined) {
  const task = continues === undefined ? undefined : await store.read(continues);
  return task && handOverOf(task);
}

export function handOverOf(task: Task): HandOver {
  const { spec, state, pushed } = task;
  const outcome = state.name === "settled" ? state.outcome : undefined;
  const commits = pushed ? `${pushed.commits} commits by it are on the branch. ` : "";
  return {
    task: spec.id,
    actor: spec.actor.login,
    instruction: spec.instruction,
    ended: `${commits}${outcome ? endedAs(outcome) : "It is not over."}`,
    lastWords: wordsOf(outcome) ?? progressOf(task).lastLines ?? "",
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
    case "cancelled":
      return "It was cancelled, and nothing of it was published.";
    case "refused":
      return `It could not be carried out: ${outcome.reason}`;
    case "host_error":
      return "The machine that it ran on failed, and nothing of it was published.";
  }
}
