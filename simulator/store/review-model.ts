/** Reviews and comments on lines, as they are remembered. */
import type { Account, LastEdit, Minimizable, Reaction } from "./written-model.ts";

export type ReviewState = "APPROVED" | "CHANGES_REQUESTED" | "COMMENTED" | "DISMISSED" | "PENDING";

/** A review of a pull request; a comment on a line that stands alone has one of its own, without text. */
export type Review = Minimizable & {
  id: number;
  number: number;
  body: string;
  user: Account;
  state: ReviewState;
  /** The head commit that was looked at. */
  sha: string;
  createdAt: string;
  reactions: Reaction[];
  /** Absent while it is pending: only its author sees it. */
  submittedAt?: string;
};

export type Side = "LEFT" | "RIGHT";

/** Where a comment stands in the diff. */
export type DiffPlace = { path: string; line: number; startLine?: number; side: Side };

/** A comment on a line of the diff; an answer stands where the first of its thread does. */
export type ReviewComment = Minimizable & {
  id: number;
  number: number;
  reviewId: number;
  /** The first comment of the thread that this one answers. */
  inReplyTo?: number;
  place: DiffPlace;
  /** The diff from the start of the hunk to the line, as it was when the comment was written. */
  hunk: string;
  /** Counted in lines of the file's diff. */
  position: number;
  sha: string;
  /** The line is no longer in the diff. */
  outdated: boolean;
  body: string;
  user: Account;
  createdAt: string;
  updatedAt: string;
  lastEdit?: LastEdit;
  reactions: Reaction[];
};
