/**
 * The memory of the simulator: plain maps, ids that never repeat. No rules live here; they are in `actions/`.
 */
import { randomBytes } from "node:crypto";
import type { Account, Installation, InstallationToken, Issue, OtherApp, Repository } from "./model.ts";

export type Store = {
  accounts: Map<number, Account>;
  /** By slug. */
  otherApps: Map<string, OtherApp>;
  repositories: Map<number, Repository>;
  /** Names that repositories once had, in small letters -> id. */
  oldNames: Map<string, number>;
  installations: Map<number, Installation>;
  tokens: Map<string, InstallationToken>;
  /** All that were ever given out, oldest first. */
  issuedTokens: InstallationToken[];
  /** A fresh id for a kind of thing; each kind counts from its own base so that ids of two kinds are never equal. */
  nextId(kind: IdKind): number;
};

const bases = {
  app: 15_001,
  account: 5_001,
  repository: 700_001,
  installation: 41_000_001,
  issue: 2_900_000_001,
  pull: 1_700_000_001,
  comment: 3_100_000_001,
  review: 2_500_000_001,
  reviewComment: 1_900_000_001,
  reaction: 250_000_001,
  label: 8_100_000_001,
  edit: 610_000_001,
  rename: 20_400_000_001,
  suite: 31_000_000_001,
  run: 52_000_000_001,
  status: 39_000_000_001,
  delivery: 190_000_000_001,
};
export type IdKind = keyof typeof bases;

export function makeStore(): Store {
  const next = { ...bases };
  return {
    accounts: new Map(),
    otherApps: new Map(),
    repositories: new Map(),
    oldNames: new Map(),
    installations: new Map(),
    tokens: new Map(),
    issuedTokens: [],
    nextId: (kind) => next[kind]++,
  };
}

/** GitHub's times have whole seconds. */
export const timestamp = (at: Date = new Date()): string => at.toISOString().replace(/\.\d+Z$/, "Z");

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/** Random letters and digits, for tokens and ids. */
export function randomName(length: number): string {
  return Array.from(randomBytes(length), (byte) => letters[byte % letters.length]).join("");
}

export function accountByLogin(store: Store, login: string): Account | undefined {
  const wanted = login.toLowerCase();
  for (const account of store.accounts.values()) if (account.login.toLowerCase() === wanted) return account;
  return undefined;
}

/** The account of that login, made when it does not exist yet. */
export function ensureAccount(store: Store, login: string, type: Account["type"]): Account {
  const known = accountByLogin(store, login);
  if (known) return known;
  // Nobody else's name may have brackets in it.
  const kind = login.endsWith("[bot]") ? "Bot" : type;
  const account: Account = { id: store.nextId("account"), login, type: kind, createdAt: timestamp() };
  if (kind === "User") account.token = `ghp_${randomName(36)}`;
  store.accounts.set(account.id, account);
  return account;
}

export function repositoryByName(store: Store, owner: string, name: string): Repository | undefined {
  const wanted = `${owner}/${name}`.toLowerCase();
  for (const repo of store.repositories.values()) if (fullName(repo).toLowerCase() === wanted) return repo;
  return undefined;
}

/** The repository that had the name before, unless another one has it now. */
export function movedRepository(store: Store, owner: string, name: string): Repository | undefined {
  if (repositoryByName(store, owner, name)) return undefined;
  return store.repositories.get(store.oldNames.get(`${owner}/${name}`.toLowerCase()) ?? -1);
}

export const fullName = (repo: Repository): string => `${repo.owner.login}/${repo.name}`;

/** The installation that covers the repository, suspended or not. */
export function installationOf(store: Store, repo: Repository): Installation | undefined {
  for (const installation of store.installations.values())
    if (installation.repositoryIds.has(repo.id)) return installation;
  return undefined;
}

/** One more than the highest number: issues and pull requests share the sequence, and no number is given twice. */
export const nextNumber = (repo: Repository): number =>
  Math.max(0, ...repo.issues.keys(), ...repo.movedIssues.keys()) + 1;

export const pullsOf = (repo: Repository): Issue[] => [...repo.issues.values()].filter((issue) => issue.pull);

export const reviewsOf = (repo: Repository, number: number) =>
  [...repo.reviews.values()].filter((review) => review.number === number);

export const reviewCommentsOf = (repo: Repository, number: number) =>
  [...repo.reviewComments.values()].filter((comment) => comment.number === number);

export const commentsOf = (repo: Repository, number: number) =>
  [...repo.comments.values()].filter((comment) => comment.number === number);
