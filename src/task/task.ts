/**
 * What a task is. Every other file speaks the words of this one.
 *
 * delivery        one webhook call from GitHub; its GUID is a log key, never an identity
 * event           what a delivery says (`issue_comment.created`)
 * actor           the person who commented
 * command         one parsed `/orch …` line
 * task            what was asked, from acceptance to its outcome; our record in Redis
 * run             one try at a task by one agent on one host; numbered by the epoch
 * step            one confined program of a run (agent-1, verify-1, agent-2 …)
 * job             BullMQ's envelope that hands a task to a host; carries only the task id
 * lane            one of the queues through which jobs go: an agent's, or a host's own
 * host            a machine's worker host; it has slots, each slot runs one agent
 * workspace       the task's own repository and its worktree
 * mirror          a host's trusted bare copy of a GitHub repository
 * session         the tmux session of a run; its name is the task id
 * latch           what holds a step's program back until the host lets it go
 * outlet          a step's only way to the network: a socket of the host's network proxy
 * policy          what may be reached through an outlet
 * agent           the program in the session; an adapter knows how to drive it
 * heartbeat       "this host still watches these runs"
 * outcome         why a task is over
 * settle          to record the outcome, once
 * report          to make GitHub show what is true
 * reconcile       to compare what we believe with what is, and settle the difference
 * publish         to take an agent's commits, check them, re-create them as ours and push them
 */

import type { Lane } from "./lane.ts";

export type Repository = { id: number; owner: string; name: string };

export type Actor = { id: number; login: string };

/** Where the work starts and where it goes. Fixed when the task is accepted. */
export type Target =
  | { kind: "issue"; defaultBranch: string }
  | { kind: "pull"; defaultBranch: string; headRef: string; headSha: string; baseRef: string };

/** What was asked. Written once; nothing in it changes later. Times are Unix milliseconds. */
export type TaskSpec = {
  id: string;
  installationId: number;
  repository: Repository;
  /** Number of the issue or pull request under which the command stands. */
  number: number;
  title: string;
  target: Target;
  commentId: number;
  commentUrl: string;
  actor: Actor;
  /** The text after `/orch`, as it stood in the signed delivery. */
  instruction: string;
  /** What stood below that line, as Markdown source of at most 8,000 characters; may hold what Markdown hides. */
  details?: string;
  /** When the command's comment was created, by GitHub's clock. */
  requestedAt: number;
  /** When we accepted it, by ours. */
  acceptedAt: number;
};

/** A run's stations, in order. They are told to people; states decide. */
export const PHASES = ["preparing", "working", "verifying", "publishing"] as const;
export type Phase = (typeof PHASES)[number];

export type TaskState =
  /** `lane`: where its job is; none: in the queue of before there were lanes. */
  | { name: "queued"; since: number; lane?: Lane }
  /** `job`: the queue's name for what the host was handed; it stays the same when a job is handed out again. */
  | {
      name: "running";
      phase: Phase;
      host: string;
      claim: string;
      job: string;
      lane?: Lane;
      since: number;
      phaseSince: number;
    }
  | { name: "settled"; outcome: Outcome; at: number };

/** What a run has to show so far. Every text in it comes from an agent: hostile, bounded by who writes it. */
export type Progress = {
  agent?: string;
  sandbox?: "bwrap" | "none";
  model?: string;
  sessionId?: string;
  /** Last lines of what the agent says; at most 4 kB. */
  lastLines?: string;
  lastOutputAt?: number;
  inputTokens?: number;
  outputTokens?: number;
  /** US dollars, as the agent states them; undefined when it does not. */
  costUsd?: number;
  verification?: Verification;
  /** Undefined without a sandbox: nothing judges then where programs connect. */
  network?: NetworkUse;
};

/** How a run's programs were let out, and what they wanted besides. */
export type NetworkUse = {
  /** `open`: any public host; `listed`: only hosts that the operator, or the repository, lists. */
  egress: "open" | "listed";
  /** Connections that were blocked. */
  blocked: number;
  /** The first different places of these. Host and reason are bounded, and may be an agent's words. */
  places: { host: string; port: number; why: string }[];
};

export type Verification = {
  /** The command as a person would type it. */
  command: string;
  exitCode: number;
  /** How often it ran in this run; 2 = the agent was handed one failure. */
  rounds: number;
  outputTail: string;
};

/** The branch as the host pushed it. The bot makes a pull request of it. */
export type Pushed = {
  branch: string;
  sha: string;
  /** Branch that the pull request is to merge into. */
  base: string;
  files: number;
  additions: number;
  deletions: number;
  commits: number;
  /** Set when the asked-for branch had moved, so that the work went to `branch` instead. */
  insteadOf?: string;
};

export type PullRequest = { number: number; url: string };

export type CancelReason =
  | { kind: "command"; by: string }
  | { kind: "issue_closed"; by: string }
  | { kind: "comment_deleted"; by: string }
  | { kind: "repository_archived" }
  | { kind: "installation_removed" };

/** The deadlines that a run can miss. */
export const DEADLINES = [
  "queued",
  "preparing",
  "first_output",
  "silence",
  "total",
  "verifying",
  "publishing",
] as const;
export type Deadline = (typeof DEADLINES)[number];

/**
 * Why a task is over. "The work failed" (agent_failed, verify_failed, timed_out, out_of_budget) and "we could not run
 * it" (host_error) are never mixed, because what to do next differs.
 */
export type Outcome =
  | { kind: "pull_request"; number: number; url: string; sha?: string }
  | { kind: "no_changes"; lastWords: string }
  | { kind: "agent_failed"; reason: string; message: string; exitCode?: number; lastLines: string }
  | { kind: "verify_failed"; verification: Verification; lastWords: string }
  | { kind: "timed_out"; deadline: Deadline; afterMs: number; lastLines: string }
  | { kind: "out_of_budget"; message: string; lastLines: string }
  | { kind: "cancelled"; reason: CancelReason }
  | { kind: "refused"; reason: string }
  | { kind: "host_error"; message: string };

export type Task = {
  spec: TaskSpec;
  state: TaskState;
  /** Fencing number: grows by one with every run; 0 before the first. */
  epoch: number;
  /** Grows by one with every change of the record. */
  version: number;
  /** Host crashes seen while this task ran: times in ms, oldest first. */
  crashes: number[];
  progress: Progress;
  /** Somebody asked to stop; the host has not yet carried it out. */
  cancel?: CancelReason;
  pushed?: Pushed;
  pullRequest?: PullRequest;
};

/** The branch that a task's commits go to. */
export function branchOf(spec: TaskSpec): string {
  return spec.target.kind === "pull" ? spec.target.headRef : `orch/${spec.number}-${spec.id}`;
}

/** The task whose own branch this is, or undefined when the branch is not one of ours. */
export function taskIdOfBranch(branch: string): string | undefined {
  return /^orch\/\d+-(t[a-z2-7]{15})(?:-\d+)?$/.exec(branch)?.[1];
}

/** The branch a run starts from. */
export function startRefOf(spec: TaskSpec): string {
  return spec.target.kind === "pull" ? spec.target.headRef : spec.target.defaultBranch;
}

/** The branches that a run needs from GitHub, each once: bot and worker host must mean the same ones. */
export function startBranchesOf(spec: TaskSpec): string[] {
  return [...new Set([spec.target.defaultBranch, startRefOf(spec)])];
}
