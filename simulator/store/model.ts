/**
 * What the simulated GitHub remembers beside git. Everything that git can answer (refs, commits, diffs, contents) is
 * absent here on purpose: it is asked from the bare repository, so REST and git can never disagree.
 */

import type { CheckRun, CheckSuite, Status } from "./check-model.ts";
import type { Review, ReviewComment } from "./review-model.ts";
import type { Account, LastEdit, Minimizable, Reaction } from "./written-model.ts";

export type * from "./check-model.ts";
export type * from "./review-model.ts";
export type * from "./written-model.ts";

/** What somebody may do in a repository, as granted directly. */
export type Role = "read" | "triage" | "write" | "maintain" | "admin";

export type Label = { id: number; name: string; color: string; description?: string };

/** A text as somebody left it; the first of an issue's is the one that it was opened with. */
export type Edit = { id: number; at: string; by: Account; text: string };

export type Rename = { id: number; at: string; by: Account; from: string; to: string };

export type Comment = Minimizable & {
  id: number;
  number: number;
  body: string;
  user: Account;
  /** Written with an installation token: `performed_via_github_app` names the App. */
  viaApp: boolean;
  createdAt: string;
  updatedAt: string;
  lastEdit?: LastEdit;
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
  autoMerge?: { enabledAt: string; enabledBy: Account; method: MergeMethod };
};

export type LockReason = "off-topic" | "too heated" | "resolved" | "spam";

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
  /** Empty as long as nobody has changed the text; oldest first. */
  edits: Edit[];
  renames: Rename[];
  closedAt?: string;
  closedBy?: Account;
  /** Only people who may write, and no App, may comment. */
  locked?: { reason?: LockReason };
  pull?: Pull;
};

/** What a push is refused for, on every branch. */
export type PushRules = {
  signedCommits: boolean;
  /** What counts as a secret: an extended regular expression. */
  secrets?: string;
  /** More rules, which are shown and not enforced. */
  shown?: readonly { type: string; parameters?: Record<string, unknown> }[];
  /** Whether the App may bypass all of them. */
  bypass?: boolean;
};

export type Repository = {
  id: number;
  owner: Account;
  name: string;
  private: boolean;
  archived: boolean;
  defaultBranch: string;
  /** Old name -> new name, of branches that were renamed. */
  renamedBranches: Map<string, string>;
  /** Issues that are elsewhere now; their numbers are never given again. */
  movedIssues: Map<number, { repositoryId: number; number: number }>;
  /** Whether the owner's plan has draft pull requests here. */
  drafts: boolean;
  rules: PushRules;
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
  /** By whom; the key is the first comment of the thread, also when that is gone. */
  resolvedThreads: Map<number, Account>;
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
