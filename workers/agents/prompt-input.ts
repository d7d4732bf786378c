/** What a prompt is made of, and how long each part of it may be. */
import type { Finish } from "../../src/task/finish.ts";
import type { HiddenFiles } from "../../src/task/progress.ts";
import type { Predecessor } from "./prompt-predecessors.ts";
import type { Said } from "./prompt-said.ts";

/** Far below every model's context, far above every honest issue. */
export const maxPromptBytes = 120_000;

/** Characters. At three bytes each, the widest, all but what may be left out together stays below the bound. */
export const limits = {
  instruction: 4_000,
  details: 8_000,
  title: 500,
  body: 11_000,
  output: 8_000,
  objection: 1_000,
  objections: 8,
};

/**
 * The verification that failed, or what stands in the way of publishing the work, and how often it has been handed back by now
 * (1 = first time).
 */
export type HandBack = { round: number } & (FailedCheck | { inTheWay: readonly string[] });

/** `hidden`: it passed, but only with these, which `.gitignore` hides. `mergedWith`: alone it passed, and not with this commit. */
export type FailedCheck = {
  command: string;
  exitCode: number;
  outputTail: string;
  hidden?: HiddenFiles;
  mergedWith?: string;
};

/** What an earlier task on the same branch came to. */
export type HandOver = {
  /** Its id. */
  task: string;
  /** Login of whoever asked; none where the repository asked by itself. */
  actor?: string;
  instruction: string;
  /** What became of its work, as sentences. */
  ended: string;
  lastWords: string;
  /** What its agent said of its finished work, and what it said last of what it was at, by itself. */
  finish?: Finish;
  said?: string;
  /** The agent goes on in that task's session. */
  inSession?: boolean;
  /** It is this very task, which an agent had begun elsewhere; `answers`: what it had asked, and what came of that. */
  own?: boolean;
  answers?: readonly string[];
};

export type PromptInput = Said & {
  instruction: string;
  /** What the same person wrote below the instruction. */
  details?: string;
  /** Login of whoever asks; none where the repository asks by itself. */
  actor?: string;
  /** `owner/name` */
  repository: string;
  kind: "issue" | "pull";
  /** None: it is asked for under no issue, and there is nothing but the request. */
  number?: number;
  title: string;
  body: string;
  /** There is a description, but it was left out because its author may not write to the repository. */
  bodyWithheld?: boolean;
  /** Which line the request is about. */
  about?: { path: string; line?: number | undefined; hunk: string };
  branch: string;
  baseBranch: string;
  /** The command that will judge the work, as one line. */
  verify?: string;
  /** How it is let out to the network; undefined where nothing confines that. */
  egress?: "open" | "listed";
  /** It can talk back to its host. */
  talks?: boolean;
  handBack?: HandBack;
  before?: HandOver;
  /** Of a node: what others of its team have done that it builds on. */
  predecessors?: readonly Predecessor[];
  /** What it is told of proposing before it does anything, or of what became of that. */
  plan?: string;
  /** What the run is for besides the task, as a part of its own. */
  besides?: string;
  /** How somebody works who has its role. */
  role?: string;
  /** It may change nothing in its folder, now and later. */
  readOnly?: boolean;
};
