/** Why a task, or a run, is over: the outcomes, and the reasons and deadlines that they name. */
import type { Verification } from "./progress.ts";
import type { WaitingReason } from "./waiting.ts";

export type CancelReason =
  | { kind: "command"; by: string }
  /** Whoever operates Orch, at its command line; `by`: their name on that machine. */
  | { kind: "by_operator"; by: string }
  /** `moved`: by a transfer to another repository. */
  | { kind: "issue_closed"; by: string; moved?: true }
  /** What asked was deleted or taken away. */
  | { kind: "taken_back"; by: string }
  /** It stood behind this task, which was cancelled. */
  | { kind: "first_cancelled"; task: string }
  | { kind: "repository_archived" }
  | { kind: "installation_removed" };

/** The deadlines that a run can miss. */
export const DEADLINES = [
  "waiting",
  "queued",
  "preparing",
  "setup",
  "first_output",
  "silence",
  "total",
  "verifying",
  "publishing",
] as const;
export type Deadline = (typeof DEADLINES)[number];

/** What was wrong when an agent was stopped, by an adapter's reason and in its program's words. */
export type StopCause = { reason: string; message: string };

/** What stopped an agent before it was done: a deadline of ours, or its own limit of turns or money. */
export type Stopped = { by: "deadline"; deadline: Deadline; afterMs: number } | { by: "budget"; message: string };

/**
 * Why a task is over. "The work failed" (agent_failed, verify_failed, timed_out, out_of_budget, stalled) and "we could not run
 * it" (host_error) are never mixed, because what to do next differs.
 */
export type Outcome =
  | { kind: "pull_request"; number: number; url: string; draft?: boolean; sha?: string }
  | { kind: "no_changes"; lastWords: string }
  | { kind: "agent_failed"; reason: string; message: string; exitCode?: number; lastLines: string }
  | { kind: "verify_failed"; verification: Verification; lastWords: string }
  /**
   * `waitedFor`: with the deadline `waiting`, what did not happen in time. `cause`: the last trouble that the agent told of.
   * `obstacle`: what stood in the way of the host's own work to the end, as a sentence.
   */
  | {
      kind: "timed_out";
      deadline: Deadline;
      afterMs: number;
      lastLines: string;
      waitedFor?: WaitingReason[];
      cause?: StopCause;
      obstacle?: string;
    }
  | { kind: "out_of_budget"; message: string; lastLines: string }
  /** The agent went round in circles: it made the same call so often, and nothing new came of it. */
  | { kind: "stalled"; call: string; times: number; lastLines: string }
  | { kind: "cancelled"; reason: CancelReason }
  | { kind: "refused"; reason: string }
  | { kind: "host_error"; message: string };

/**
 * Why a run is over: its task's outcome; nobody kept it up and the task went on without it (`lost`); or it was parked, for a limit of
 * its agent's provider (`limited`) or for something else (`parked`).
 */
export type RunEnd = Outcome["kind"] | "lost" | "limited" | "parked";
