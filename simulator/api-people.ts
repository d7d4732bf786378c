/**
 * What people do with issues, pull requests and checks, as tests and the demo ask for it. Roles are not asked here: a test
 * may want to see what an App makes of somebody who may not.
 */
import type { Annotation, CheckStatus, Conclusion, LockReason, MergeMethod, Side } from "./store/model.ts";

/** A repository, by the answer of `createRepository` or as `owner/name`. */
export type RepositoryRef = string | { owner: string; name: string };

/** By login; one that is not known yet becomes a user. */
export type As = { as: string };

export type IssueDeeds = {
  openIssue(repo: RepositoryRef, text: As & { title: string; body?: string }): Promise<{ number: number }>;
  /** Changes title or body of an issue or pull request. */
  editIssue(repo: RepositoryRef, number: number, change: { title?: string; body?: string }, by: As): Promise<void>;
  closeIssue(repo: RepositoryRef, number: number, options: As): Promise<void>;
  reopenIssue(repo: RepositoryRef, number: number, options: As): Promise<void>;
  comment(repo: RepositoryRef, number: number, body: string, options: As): Promise<{ id: number; number: number }>;
  editComment(repo: RepositoryRef, commentId: number, body: string, options: As): Promise<void>;
  deleteComment(repo: RepositoryRef, commentId: number, options: As): Promise<void>;
  /** Labels are matched without case, as on GitHub: of `Orch` and `orch` there is one. */
  addLabel(repo: RepositoryRef, number: number, label: string, options: As): Promise<void>;
  removeLabel(repo: RepositoryRef, number: number, label: string, options: As): Promise<void>;
  lockIssue(repo: RepositoryRef, number: number, options: As & { reason?: LockReason }): Promise<void>;
  unlockIssue(repo: RepositoryRef, number: number, options: As): Promise<void>;
  /** To another repository, under its next number there. */
  transferIssue(repo: RepositoryRef, number: number, to: RepositoryRef, options: As): Promise<{ number: number }>;
  openPull(
    repo: RepositoryRef,
    pull: As & { title: string; head: string; base: string; body?: string; draft?: boolean },
  ): Promise<{ number: number }>;
  closePull(repo: RepositoryRef, number: number, options: As): Promise<void>;
  mergePull(repo: RepositoryRef, number: number, options: As): Promise<string>;
  /** Sets `auto_merge`; nothing merges by itself here: `mergePull` does what GitHub would when nothing blocks any more. */
  enableAutoMerge(repo: RepositoryRef, number: number, options: As & { method?: MergeMethod }): Promise<void>;
  disableAutoMerge(repo: RepositoryRef, number: number, options: As): Promise<void>;
};

/** How a check of another App stands; `completed` is said by the conclusion. */
export type CheckReport = {
  /** Slug of the App. Default "ci". */
  app?: string;
  sha: string;
  name: string;
  status?: CheckStatus;
  conclusion?: Conclusion;
  title?: string;
  summary?: string;
  text?: string;
  annotations?: Annotation[];
};

export type StatusReport = {
  state: "error" | "failure" | "pending" | "success";
  /** Default "default", as on GitHub. */
  context?: string;
  description?: string;
  targetUrl?: string;
};

export type CheckDeeds = {
  /** Presses "Re-run" beside a check run. */
  rerequestCheck(repo: RepositoryRef, checkRunId: number, options: As): Promise<void>;
  /** "Re-run all checks" of the App for a commit. */
  rerequestSuite(repo: RepositoryRef, sha: string, options: As): Promise<void>;
  /** Presses one of the buttons that the App gave a check run, by its identifier. */
  pressButton(repo: RepositoryRef, checkRunId: number, identifier: string, options: As): Promise<void>;
  /** A commit status, as other programs give it with somebody's token. */
  setStatus(repo: RepositoryRef, sha: string, status: As & StatusReport): Promise<void>;
  /** Another App's check of a commit: a run under way is carried on, else there is a new one. */
  reportCheck(repo: RepositoryRef, report: CheckReport): Promise<{ id: number }>;
};

/** A comment on a line; the right side is the file as the pull request has it. */
export type OnLine = { path: string; line: number; startLine?: number; side?: Side; body: string };

export type ReviewDeeds = {
  /** Submits a review; `comments` are its ids, in the order given. */
  review(
    repo: RepositoryRef,
    number: number,
    review: As & {
      state?: "approved" | "changes_requested" | "commented";
      body?: string;
      comments?: readonly OnLine[];
    },
  ): Promise<{ id: number; comments: number[] }>;
  /** One comment on a line, without a review around it. */
  commentOnLine(repo: RepositoryRef, number: number, comment: As & OnLine): Promise<{ id: number }>;
  /** Answers in the thread of a comment on a line. */
  reply(repo: RepositoryRef, reviewCommentId: number, body: string, options: As): Promise<{ id: number }>;
  /** Presses "Resolve conversation" in the thread of a comment on a line. */
  resolveThread(repo: RepositoryRef, reviewCommentId: number, options: As): Promise<void>;
  editReviewComment(repo: RepositoryRef, reviewCommentId: number, body: string, options: As): Promise<void>;
  deleteReviewComment(repo: RepositoryRef, reviewCommentId: number, options: As): Promise<void>;
};

export type PeopleDeeds = IssueDeeds & CheckDeeds & ReviewDeeds;
