/**
 * What the simulated GitHub remembers beside git. Everything that git can answer (refs, commits, diffs, contents) is
 * absent here on purpose: it is asked from the bare repository, so REST and git can never disagree.
 */

/** A person, an organization or the bot account of the App. `token` is a personal access token, for people only. */
export type Account = {
  id: number;
  login: string;
  type: "User" | "Organization" | "Bot";
  createdAt: string;
  token?: string;
};

/** What somebody may do in a repository, as granted directly. */
export type Role = "read" | "triage" | "write" | "maintain" | "admin";

export type ReactionContent = "+1" | "-1" | "laugh" | "confused" | "heart" | "hooray" | "rocket" | "eyes";

export type Reaction = { id: number; user: Account; content: ReactionContent; createdAt: string };

export type Label = { id: number; name: string; color: string; description?: string };

export type Comment = {
  id: number;
  number: number;
  body: string;
  user: Account;
  /** Written with an installation token: `performed_via_github_app` names the App. */
  viaApp: boolean;
  createdAt: string;
  updatedAt: string;
  reactions: Reaction[];
};

export type ReviewState = "APPROVED" | "CHANGES_REQUESTED" | "COMMENTED" | "DISMISSED" | "PENDING";

/** A review of a pull request; a comment on a line that stands alone has one of its own, without text. */
export type Review = {
  id: number;
  number: number;
  body: string;
  user: Account;
  state: ReviewState;
  /** The head commit that was looked at. */
  sha: string;
  /** Absent while it is pending: only its author sees it. */
  submittedAt?: string;
};

export type Side = "LEFT" | "RIGHT";

/** Where a comment stands in the diff. */
export type DiffPlace = { path: string; line: number; startLine?: number; side: Side };

/** A comment on a line of the diff; an answer stands where the first of its thread does. */
export type ReviewComment = {
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
  reactions: Reaction[];
};

export type MergeMethod = "merge" | "squash" | "rebase";

/** The part of an issue that makes it a pull request. */
export type Pull = {
  id: number;
  headRepositoryId: number;
  headRef: string;
  headSha: string;
  baseRef: string;
  /** Tip of the base branch while the pull request is open; frozen when it closes. */
  baseSha: string;
  draft: boolean;
  mergedAt?: string;
  mergedBy?: Account;
  mergeCommitSha?: string;
  /** GitHub merges by itself once nothing blocks; here a person does it. Kept after the merge, as on GitHub. */
  autoMerge?: { enabledBy: Account; method: MergeMethod };
};

/** An issue or a pull request: they share numbers, comments and labels. */
export type Issue = {
  id: number;
  number: number;
  title: string;
  body?: string;
  user: Account;
  viaApp: boolean;
  state: "open" | "closed";
  stateReason?: "completed" | "reopened" | "not_planned" | "duplicate";
  labels: Label[];
  assignees: Account[];
  reactions: Reaction[];
  createdAt: string;
  updatedAt: string;
  closedAt?: string;
  closedBy?: Account;
  pull?: Pull;
};

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

export type Repository = {
  id: number;
  owner: Account;
  name: string;
  private: boolean;
  archived: boolean;
  defaultBranch: string;
  /** The bare git repository. */
  dir: string;
  parentId?: number;
  createdAt: string;
  updatedAt: string;
  pushedAt: string;
  roles: Map<number, Role>;
  labels: Label[];
  issues: Map<number, Issue>;
  comments: Map<number, Comment>;
  reviews: Map<number, Review>;
  reviewComments: Map<number, ReviewComment>;
  checkSuites: CheckSuite[];
  /** Whether every push gives the App a suite; GitHub's preference for check suites. */
  autoSuites: boolean;
  checkRuns: CheckRun[];
  statuses: Status[];
  /** Names of checks, or contexts of statuses, without which nothing is merged. */
  requiredChecks: string[];
};

/** Permission name (`issues`, `contents` ...) -> level. */
export type Permissions = Record<string, "read" | "write" | "admin">;

export type Installation = {
  id: number;
  account: Account;
  repositoryIds: Set<number>;
  permissions: Permissions;
  createdAt: string;
  updatedAt: string;
  suspendedAt?: string;
  suspendedBy?: Account;
};

/** An installation access token; `repositoryIds` undefined = all of the installation. */
export type InstallationToken = {
  token: string;
  installationId: number;
  repositoryIds?: Set<number>;
  permissions: Permissions;
  /** Milliseconds since the epoch. */
  expiresAt: number;
  format: "classic" | "stateless";
  /** How often it was accepted. */
  uses: { rest: number; fetch: number; push: number };
};

/** The one App that this GitHub knows. */
export type AppIdentity = {
  id: number;
  clientId: string;
  slug: "orch";
  /** PEM, PKCS#1. */
  privateKey: string;
  publicKey: string;
  webhookSecret: string;
  botLogin: "orch[bot]";
  botId: number;
  owner: Account;
  bot: Account;
  permissions: Permissions;
  events: string[];
  createdAt: string;
};
