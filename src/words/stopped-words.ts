/** What the bot says of work that is offered although its agent was stopped before it said that it was done. */
import type { Deadline, Stopped } from "../task/outcome.ts";
import { duration } from "../text/amounts.ts";
import type { Quoting } from "../text/quote.ts";
import { reachedLimit } from "./limit-words.ts";

/** In two sentences: what stopped it, and what that means for the work. */
export function stoppedWork(stopped: Stopped, quoting: Quoting): string {
  const why =
    stopped.by === "deadline"
      ? deadlineWords(stopped.deadline, duration(stopped.afterMs))
      : stopped.by === "limit"
        ? reachedLimit(stopped)
        : `its budget was used up: ${quoting.plain(stopped.message).replace(/[.!?…]$/, "")}`;
  return `The agent was stopped before it said that it was done, because ${why}. What it had done by then passes the verify command, and may be incomplete.`;
}

function deadlineWords(deadline: Deadline, after: string): string {
  if (deadline === "silence") return `it printed nothing and did no work for ${after}`;
  return deadline === "first_output"
    ? `it printed nothing after its start and did no work for ${after}`
    : `it was not done after ${after}`;
}
