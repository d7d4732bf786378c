/** Why a task, or a run, is over: the outcomes, and the reasons and deadlines that they name. */
import type { EnvelopeKind } from "./envelope.ts";
import type { OverLimit } from "./in-force.ts";
import type { Verification } from "./progress.ts";
import type { HandedOn } from "./review.ts";
import type { WaitingReason } from "./waiting.ts";

export type CancelReason =
  | { kind: "command"; by: string }
  /** Whoever operates Orch, at its command line; `by`: their name on that machine. */
  | { kind: "by_operator"; by: string }
  /** `moved`: by a transfer to another repository. */
  | { kind: "issue_closed"; by: string; moved?: true }
  /** What asked was deleted or taken away. */
  | { kind: "taken_back"; by: string }
  /** It worked on a node of this team's plan, which is over or goes on without it. */
  | { kind: "left_plan"; task: string }
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

/**
 * What stopped an agent before it was done: a deadline of ours, its own limit of turns or money, or a limit of what its programs may use of
 * the machine.
 */
export type Stopped =
  | { by: "deadline"; deadline: Deadline; afterMs: number }
  | { by: "budget"; message: string }
  | ({ by: "limit" } & OverLimit);

/** A node of a plan that is not part of what is published, by its name and title, and why not. */
export type Missing = { node: string; title: string; why: string };

/**
 * Why a task is over. "The work failed" (agent_failed, verify_failed, timed_out, out_of_budget, over_limit, stalled) and "we could not run
 * it" (host_error) are never mixed, because what to do next differs.
 */
export type Outcome =
  /** `missing`: of a team's plan, what could not be done and is not in it. */
  | { kind: "pull_request"; number: number; url: string; draft?: boolean; sha?: string; missing?: Missing[] }
  /** Of a node: its work stands in the plan's integration ref as this commit. */
  /** `outside`: the first of the files that it changed and that are not in its scope. */
  | { kind: "merged"; sha: string; files: number; additions: number; deletions: number; outside?: string[] }
  /**
   * `findings`: how many; each stands in a review on the pull request. `url`: of that, once GitHub has it; `handedOn`: what became of the
   * findings since.
   */
  | { kind: "reviewed"; findings: number; sha: string; url?: string; handedOn?: HandedOn }
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
  /** `of`: the envelope in which too little is left for a run to begin. */
  | { kind: "out_of_budget"; message: string; lastLines: string; of?: EnvelopeKind }
  /** Its programs used more of the machine than they may, and were ended. `during`: the repository's own command in place of the agent. */
  | {
      kind: "over_limit";
      limit: OverLimit["limit"];
      used: number;
      allowed: number;
      lastLines: string;
      during?: "setup";
    }
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
