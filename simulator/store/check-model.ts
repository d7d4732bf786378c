/** Checks and statuses, as they are remembered. */
import type { Account } from "./written-model.ts";

export type CheckStatus = "queued" | "in_progress" | "completed" | "waiting" | "requested" | "pending";
export type Conclusion =
  | "success"
  | "failure"
  | "neutral"
  | "cancelled"
  | "skipped"
  | "timed_out"
  | "action_required"
  | "stale";

export type Annotation = {
  path: string;
  start_line: number;
  end_line: number;
  annotation_level: "notice" | "warning" | "failure";
  message: string;
  title?: string;
  raw_details?: string;
  /** Columns make sense within one line only. */
  start_column?: number;
  end_column?: number;
};

/** Another App that checks commits of a repository. It has no token here: a test says what it reports. */
export type OtherApp = { id: number; slug: string; owner: Account; createdAt: string };

export type CheckSuite = {
  id: number;
  sha: string;
  /** Whose it is; undefined = the App's. */
  otherApp?: OtherApp;
  branch?: string;
  before?: string;
  createdAt: string;
  /** It, or a run of it, was asked for again, and none of its runs has changed since. */
  awaited?: boolean;
};

/** A button beside a check run; pressing it is `check_run.requested_action`. */
export type CheckAction = { label: string; description: string; identifier: string };

export type CheckRun = {
  id: number;
  suiteId: number;
  sha: string;
  name: string;
  status: CheckStatus;
  conclusion?: Conclusion;
  externalId?: string;
  detailsUrl?: string;
  startedAt?: string;
  completedAt?: string;
  title?: string;
  summary?: string;
  text?: string;
  annotations: Annotation[];
  actions: CheckAction[];
};

export type Status = {
  id: number;
  sha: string;
  state: "error" | "failure" | "pending" | "success";
  context: string;
  description?: string;
  targetUrl?: string;
  creator: Account;
  createdAt: string;
};
