/** How a task ended, and what that rests on: the outcome without its long texts, and these apart. */
import type { Outcome, StopCause } from "../task/outcome.ts";
import { progressOf, type Task } from "../task/task.ts";
import { cutStart } from "../text/bound.ts";
import { visibleText } from "../text/clean.ts";
import { bare } from "../text/quote.ts";
import { redact } from "../text/secret-patterns.ts";
import { type CheckResult, checkResult } from "./task-view.ts";

type WithoutTexts<End> = End extends { verification: unknown }
  ? Omit<End, "verification" | "lastWords"> & { verification: CheckResult }
  : Omit<End, "lastWords" | "lastLines">;

export type OutcomeView = WithoutTexts<Outcome>;
type TimedOut = Extract<OutcomeView, { kind: "timed_out" }>;

export type Evidence = {
  what: "check_output" | "summary" | "last_words" | "last_lines";
  /** Visible text in lines, without credentials. */
  text: string;
};

/** Of one evidence, in characters. */
const MAX_TEXT = 8_000;

export function outcomeView(outcome: Outcome): OutcomeView {
  switch (outcome.kind) {
    case "verify_failed":
      return { kind: outcome.kind, verification: checkResult(outcome.verification) };
    case "reviewed":
      return { ...outcome, ...(outcome.url !== undefined && { url: bare(outcome.url, 300) }) };
    case "no_changes":
      return { kind: outcome.kind };
    case "agent_failed": {
      const { lastLines: _, ...rest } = outcome;
      return { ...rest, reason: bare(outcome.reason, 80), message: bare(outcome.message) };
    }
    case "timed_out": {
      const { lastLines: _, cause, obstacle, ...rest } = outcome;
      return { ...rest, ...causeView(cause, obstacle) };
    }
    case "out_of_budget":
      return { kind: outcome.kind, message: bare(outcome.message), ...(outcome.of && { of: outcome.of }) };
    case "over_limit": {
      const { lastLines: _, ...rest } = outcome;
      return rest;
    }
    case "stalled":
      return { kind: outcome.kind, call: bare(outcome.call, 200), times: outcome.times };
    case "pull_request":
      return pullRequestView(outcome);
    case "merged":
    case "cancelled":
      return outcome;
    case "refused":
      return { kind: outcome.kind, reason: bare(outcome.reason) };
    case "host_error":
      return { kind: outcome.kind, message: bare(outcome.message) };
  }
}

/** What is missing is in an agent's words. */
function pullRequestView(
  outcome: Extract<Outcome, { kind: "pull_request" }>,
): Extract<OutcomeView, { kind: "pull_request" }> {
  const missing = outcome.missing?.map(({ node, title, why }) => ({
    node,
    title: bare(title, 100),
    why: bare(why, 300),
  }));
  return { ...outcome, url: bare(outcome.url, 300), ...(missing && { missing }) };
}

/** Records of before have an obstacle under a reason of its own. */
function causeView(cause: StopCause | undefined, given: string | undefined): Pick<TimedOut, "cause" | "obstacle"> {
  const obstacle = given ?? (cause?.reason === "github" ? cause.message : undefined);
  if (obstacle !== undefined) return { obstacle: bare(obstacle) };
  return cause ? { cause: { reason: bare(cause.reason, 80), message: bare(cause.message) } } : {};
}

/** What there is of it: an agent that said nothing leaves none. */
export function evidenceOf(task: Task, outcome: Outcome): Evidence[] {
  const said = textsOf(task, outcome).map(({ what, text = "" }) => ({ what, text: linesOf(text) }));
  return said.filter(({ text }) => text.trim() !== "");
}

function textsOf(task: Task, outcome: Outcome): { what: Evidence["what"]; text: string | undefined }[] {
  switch (outcome.kind) {
    case "reviewed":
      return []; // it stands in the review
    case "no_changes":
      return [saidAtTheEnd(task, outcome.lastWords)];
    case "agent_failed":
    case "timed_out":
    case "out_of_budget":
    case "over_limit":
    case "stalled":
      return [{ what: "last_lines", text: outcome.lastLines }];
    case "verify_failed":
      return [
        { what: "check_output", text: outcome.verification.outputTail },
        { what: "last_words", text: outcome.lastWords },
      ];
    case "pull_request":
    case "merged":
    case "cancelled":
    case "refused":
    case "host_error":
      return [saidAtTheEnd(task, progressOf(task).lastLines)];
  }
}

/** Its summary where it gave one; else the end of its output, whatever that is. */
function saidAtTheEnd(task: Task, lastLines: string | undefined): { what: Evidence["what"]; text: string | undefined } {
  const { finish, summary: words } = progressOf(task);
  const summary = finish?.summary ?? words;
  return summary === undefined ? { what: "last_words", text: lastLines } : { what: "summary", text: summary };
}

const linesOf = (text: string): string => cutStart(redact(visibleText(text)), MAX_TEXT).trimEnd();
