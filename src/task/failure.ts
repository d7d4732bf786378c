/** How a try at a node failed, in words for whoever tries again or decides what comes next, and as a print that tells failures apart. Pure. */
import { createHash } from "node:crypto";
import { duration } from "../text/amounts.ts";
import { keepEnd, keepStart } from "../text/bound.ts";
import type { Outcome } from "./outcome.ts";
import { PLAN_KEEPS } from "./plan.ts";
import type { Task } from "./task.ts";

/** Of an output, in characters. */
const MAX_TAIL = 900;

/** The texts in it are an agent's, or a program's. */
export function failureText(outcome: Outcome): string {
  return keepStart(wordsOf(outcome).trim(), PLAN_KEEPS.why);
}

function wordsOf(outcome: Outcome): string {
  switch (outcome.kind) {
    case "merged":
      return "It was merged.";
    case "pull_request":
      return `It ended with the pull request #${outcome.number}, outside of its plan.`;
    case "reviewed":
      return "It ended with a review, outside of its plan.";
    case "no_changes":
      return `The agent changed nothing.${tail(outcome.lastWords)}`;
    case "agent_failed":
      return `The agent failed (${outcome.reason}): ${outcome.message}${tail(outcome.lastLines)}`;
    case "verify_failed":
      return `${outcome.verification.command} fails (exit code ${outcome.verification.exitCode}).${tail(outcome.verification.outputTail)}`;
    case "timed_out":
      return `It ran out of time (${outcome.deadline}, ${duration(outcome.afterMs)}).${tail(outcome.lastLines)}`;
    case "out_of_budget":
      return `It ran out of its budget: ${outcome.message}${tail(outcome.lastLines)}`;
    case "over_limit":
      return `It was ended at its limit of ${outcome.limit} (${outcome.used} of ${outcome.allowed}): do less at once, one thing after the other.${tail(outcome.lastLines)}`;
    case "stalled":
      return `The agent made the same call ${outcome.times} times, and nothing new came of it: ${outcome.call}`;
    case "cancelled":
      return "It was cancelled.";
    case "refused":
      return outcome.reason;
    case "host_error":
      return `Its worker host failed: ${outcome.message}`;
  }
}

const tail = (text: string): string => (text.trim() === "" ? "" : `\n${keepEnd(text.trim(), MAX_TAIL)}`);

/**
 * The same failure has the same print, whatever times, counts and names of temporary files its text holds. A try whose agent has made
 * something has a print of its own: the next one may get further from there.
 */
export function failurePrint(task: Pick<Task, "spec" | "runs">, outcome: Outcome): string {
  const reason = "reason" in outcome && typeof outcome.reason === "string" ? outcome.reason : "";
  const text = wordsOf(outcome).replace(/[0-9a-f]{7,}|\d+/gi, "#");
  const made = task.runs.some(({ checkpoint }) => checkpoint?.kind === "objects" && checkpoint.commits > 0);
  const all = [outcome.kind, reason, text, ...(made ? [task.spec.id] : [])];
  return createHash("sha256").update(JSON.stringify(all)).digest("hex").slice(0, 16);
}
