/** What others may do with a running simulator. The types only; `simulator.ts` starts one. */
import type { EventEmitter } from "node:events";

export type { RepositoryRef } from "./api-people.ts";

import type { As, PeopleDeeds, RepositoryRef } from "./api-people.ts";
import type { ApiFault, DeliveryFault, FaultHandle } from "./faults.ts";
import type { SecondarySettings } from "./secondary-limits.ts";
import type { RequestRecord } from "./server.ts";
import type {
  CheckRun,
  Comment,
  Issue,
  Permissions,
  Pull,
  PushRules,
  Reaction,
  Review,
  ReviewComment,
  Role,
  Status,
} from "./store/model.ts";
import type { Usage } from "./usage.ts";
import type { DeliveryRecord } from "./webhooks/record.ts";

export type SimulatorOptions = {
  /** 0 (default) = any free port. */
  port?: number;
  /** Judge every exchange and webhook by GitHub's description and collect what is wrong. Default true. */
  strict?: boolean;
  tokenFormat?: "classic" | "stateless";
  /** Where the bare repositories live. Default: a new temporary folder, removed on close. */
  dataDir?: string;
  /** How long a receiver of webhooks may take. Default 10,000, as GitHub. */
  webhookTimeoutMs?: number;
  /** Per caller. Default: all off. GitHub documents 80 creations in a minute, 500 in an hour, 900 points in a minute. */
  secondaryLimits?: SecondarySettings;
  /** Primary limit per caller with credentials. Default 5,000, as GitHub's smallest. */
  requestsPerHour?: number;
  /** The same for GraphQL, in points. Default 5,000. */
  pointsPerHour?: number;
  /** What the App asks for. Default: what Orch's manifest asks for. */
  permissions?: Permissions;
  /** What the App subscribes to. Default: every repository event that the simulator knows. */
  events?: readonly string[];
  log?: (line: string) => void;
};

export type RepositoryInfo = {
  id: number;
  owner: string;
  name: string;
  fullName: string;
  /** 0 when the App is not installed. */
  installationId: number;
  defaultBranch: string;
  cloneUrl: string;
};

export type Files = Record<string, string | { content: string; mode?: "100755" | "100644" }>;

/** Read-only views for assertions. Always the present state, straight from the store or from git. */
export type State = {
  comments(repo: RepositoryRef, number: number): readonly Comment[];
  /** Of a comment in the conversation or on a line. */
  reactions(repo: RepositoryRef, commentId: number): readonly Reaction[];
  reviews(repo: RepositoryRef, number: number): readonly Review[];
  /** Comments on lines of a pull request, oldest first. */
  reviewComments(repo: RepositoryRef, number: number): readonly ReviewComment[];
  /** Names of the labels on an issue or pull request. */
  labels(repo: RepositoryRef, number: number): readonly string[];
  issue(repo: RepositoryRef, number: number): Issue | undefined;
  pulls(repo: RepositoryRef): readonly (Issue & { pull: Pull })[];
  checkRuns(repo: RepositoryRef, sha?: string): readonly CheckRun[];
  /** The App's own, with what follows from their runs. */
  checkSuites(repo: RepositoryRef, sha?: string): readonly SuiteState[];
  /** Newest first. */
  statuses(repo: RepositoryRef, sha: string): readonly Status[];
  branches(repo: RepositoryRef): Record<string, string>;
  fileAt(repo: RepositoryRef, ref: string, path: string): string | undefined;
  /** Newest first. */
  log(repo: RepositoryRef, ref: string): readonly LogEntry[];
};

export type SuiteState = { id: number; sha: string; status: string; conclusion: string | undefined };

export type LogEntry = { sha: string; author: string; email: string; committer: string; subject: string; body: string };

export type IssuedToken = {
  format: "classic" | "stateless";
  /** In characters. */
  length: number;
  uses: { rest: number; fetch: number; push: number };
};

export type Simulator = PeopleDeeds & {
  url: string;
  port: number;
  app: {
    id: number;
    clientId: string;
    clientSecret: string;
    slug: "orch";
    /** PEM, PKCS#1. */
    privateKey: string;
    webhookSecret: string;
    botLogin: "orch[bot]";
    botId: number;
  };
  /** Where the App hears; undefined = nowhere, and nothing is logged. */
  setWebhookUrl(url: string | undefined): void;
  /** Where the App has people come back to who sign in. */
  setCallbackUrl(url: string | undefined): void;
  /** How many tokens of people are good: each was given to the App, and not deleted. */
  peopleTokens(): number;
  createUser(login: string): { login: string; id: number; token: string };
  /** An owner that does not exist yet becomes an organization; collaborators become users. */
  createRepository(options: {
    owner: string;
    name: string;
    private?: boolean;
    files: Files;
    collaborators?: Record<string, Role>;
    install?: boolean;
  }): Promise<RepositoryInfo>;
  fork(repo: RepositoryRef, options: As): Promise<RepositoryInfo>;
  /** One commit on a branch, which is made where it is missing. Returns its id. */
  commit(repo: RepositoryRef, branch: string, files: Files, message: string, as?: string): Promise<string>;
  deleteBranch(repo: RepositoryRef, branch: string, as?: string): Promise<void>;
  /** By the owner. The old name leads to the new one, in REST, in git and on pages. */
  renameRepository(repo: RepositoryRef, name: string): RepositoryInfo;
  /** To an owner who has the App installed there, or (default) has not. */
  transferRepository(repo: RepositoryRef, owner: string, options?: { install?: boolean }): RepositoryInfo;
  /** By the owner. Proposals to it follow, those from it are closed. */
  renameBranch(repo: RepositoryRef, from: string, to: string): Promise<void>;
  /** Whether the owner's plan has draft pull requests. */
  setDrafts(repo: RepositoryRef, allowed: boolean): void;
  archive(repo: RepositoryRef): void;
  unarchive(repo: RepositoryRef): void;
  suspendInstallation(id: number): void;
  unsuspendInstallation(id: number): void;
  /** What the installation may do from now on, whatever its tokens were given. */
  setInstallationPermissions(id: number, permissions: Permissions): void;
  deleteInstallation(id: number): void;
  /** The owner installs the App on the repository. */
  install(repo: RepositoryRef): RepositoryInfo;
  /** Takes the repository out of the App's installation. */
  uninstall(repo: RepositoryRef): void;
  /** Every installation token given out so far is worthless from now on. */
  expireTokens(): void;
  /** Every installation token given out so far, oldest first, without its secret; `uses` counts accepted requests. */
  tokensIssued(): readonly IssuedToken[];
  setTokenFormat(format: "classic" | "stateless"): void;
  /** undefined takes the role away. */
  setPermission(repo: RepositoryRef, login: string, role: Role | undefined): void;
  /** What pushes over git are refused for from now on, on every branch. */
  setRules(repo: RepositoryRef, rules: Partial<PushRules>): void;
  /** Checks and statuses without which `mergeable_state` is "blocked". */
  requireChecks(repo: RepositoryRef, names: readonly string[]): void;
  setSecondaryLimits(limits: SecondarySettings): void;
  /** What the installation asked for and wrote so far. */
  usage(installationId: number): Usage;
  state: State;
  deliveries(): readonly DeliveryRecord[];
  redeliver(deliveryId: number): Promise<DeliveryRecord>;
  /** Resolves when no delivery is under way. */
  idle(): Promise<void>;
  faults: {
    api(rule: ApiFault): FaultHandle;
    deliveries(rule: DeliveryFault): FaultHandle;
    /** Sends what was held, and waits for the answers. */
    releaseHeld(): Promise<void>;
  };
  requests(): readonly RequestRecord[];
  /** What the judge found, and failures inside the simulator. */
  violations(): readonly string[];
  /**
   * "arrival" and "request" (RequestRecord, before and after it is served), "delivery" (DeliveryRecord), "violation"
   * (its text), "change".
   */
  on: EventEmitter["on"];
  off: EventEmitter["off"];
  /** Waits until `check` gives something, looking again after every change. Rejects after `timeoutMs` (15,000). */
  waitFor<T>(check: () => T | undefined | false | Promise<T | undefined | false>, timeoutMs?: number): Promise<T>;
  close(): Promise<void>;
};
