/** What a run has to show: how it began, what its agent says, what it has used, how it was let out and what its check said. */
import type { Amounts } from "../text/budget.ts";
import type { EnvelopeKind } from "./envelope.ts";
import type { Finish } from "./finish.ts";
import type { InForce } from "./in-force.ts";
import type { Stopped } from "./outcome.ts";
import type { Review } from "./review.ts";

/**
 * How a run began: in the session that an earlier task's agent left, with a hand-over from that, or with neither; `taken up`:
 * without its agent, by what an earlier task had left unpublished.
 */
export type RunStart = { how: "fresh" } | { how: "resumed" | "handed over" | "taken up"; task: string };

/** What a run has to show so far. Every text in it comes from an agent: hostile, bounded by who writes it. */
export type Progress = {
  start?: RunStart;
  agent?: string;
  sandbox?: "bwrap" | "none";
  model?: string;
  /** Of the agent's program, where it says so. */
  agentVersion?: string;
  sessionId?: string;
  /** Folder, below its host's data, where the session is kept for whoever continues, or is about to be. */
  home?: string;
  /** Last lines of what the agent says; at most 4 kB. */
  lastLines?: string;
  /** What it says of its finished work, where its program tells that from the rest of its output; at most 4 kB. */
  summary?: string;
  /** What it said last of what it is at, by itself; at most 500 characters. */
  said?: string;
  /** Of a node: how often its work conflicted with what others had done. */
  conflicts?: number;
  /** What it said of its finished work, by itself. */
  finish?: Finish;
  inputTokens?: number;
  outputTokens?: number;
  /** US dollars, as the agent states them; undefined when it does not. */
  costUsd?: number;
  verification?: Verification;
  /** What it found in the changes that it was to review. */
  review?: Review;
  /** How long its agent has worked in earlier rounds, ms. */
  workedMs?: number;
  /** Once the work is to be published: its agent was stopped before it was done. */
  stopped?: Stopped;
  /** Since when GitHub's git has not taken what it is asked for, Unix ms; `false`: it does again. */
  heldUpSince?: number | false;
  /** What it may use and has used; undefined where nothing is limited. */
  budget?: RunBudget;
  /** Of a node: what its agent had made when its host looked last. */
  checkIn?: CheckIn;
  /** What its programs may use of the machine; unknown of an older host. */
  inForce?: InForce;
  /** The most memory that its programs held together, and their processor time, in all steps that are over. */
  peakRssBytes?: number;
  cpuSeconds?: number;
  /** Undefined without a sandbox: nothing judges then where programs connect. */
  network?: NetworkUse;
};

/** `conflicts`: the first of the files in which that does not fit what others of its team have done. */
export type CheckIn = { at: number; commits: number; files: number; conflicts: string[] };

/**
 * What a run may use, and what is known of what it has used. `task`: what all runs of the task may use. `tight`: the envelope that
 * leaves less than one run may have, by unit.
 */
export type RunBudget = {
  epoch: number;
  reserved: Amounts;
  used: Amounts;
  task?: Amounts;
  tight?: { [unit in keyof Amounts]?: EnvelopeKind };
  /** Most of it is used. */
  low?: true;
  /** All of it is. */
  spent?: true;
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
  /** It failed as it had before, on the very same commits: the agent was not handed the failure once more. */
  unchanged?: true;
  /** It fails as it did before the work began, and so is not held against it. */
  redBefore?: true;
  /** It passed only with these, which are not published. */
  hidden?: HiddenFiles;
};

/** Files that a `.gitignore` hides, named by an agent: `paths` are the first ones, cut short; a folder ends with a slash. */
export type HiddenFiles = { paths: string[]; more: number };
