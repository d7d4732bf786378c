/**
 * What can go wrong between this host and a repository, as types, and what trying again promises. The messages are
 * sentences that a user may read; `detail` is for the log: git's own last words, bounded, without credentials.
 */

import { readTrace } from "./http-trace.ts";

type Fault = { repository: string; detail?: string; retryAfterMs?: number | undefined };

/** Characters of a branch's name that a sentence can bear. */
const SHOWN_NAME = 60;

/** Base of all errors below: `repository` is `owner/name`. */
export class RemoteError extends Error {
  readonly repository: string;
  readonly detail: string;
  /** How long GitHub asks us to wait, ms; undefined when it does not say. */
  readonly retryAfterMs: number | undefined;
  constructor(message: string, { repository, detail, retryAfterMs }: Fault) {
    super(message);
    this.name = new.target.name;
    this.repository = repository;
    this.detail = detail ?? "";
    this.retryAfterMs = retryAfterMs;
  }
}

/** The branch that was asked for does not exist (any more). */
export class BranchGone extends RemoteError {
  readonly branch: string;
  constructor(branch: string, fault: Fault) {
    super(`The branch \`${branch}\` does not exist in ${fault.repository} any more.`, fault);
    this.branch = branch;
  }
}

/** The branch may exist, but this host cannot work with a name like that. `problem`: see `branchNameProblem`. */
export class BranchUnusable extends RemoteError {
  constructor(branch: string, problem: string, fault: Fault) {
    const shown = branch.length > SHOWN_NAME ? `${branch.slice(0, SHOWN_NAME)}…` : branch;
    const remedy = "Push the same commits to a branch with a shorter, plainer name, and work from there.";
    super(`The branch \`${shown}\` ${problem}. ${remedy}`, fault);
  }
}

/** 404: deleted, renamed away, or out of reach of this installation; GitHub does not tell these apart. */
export class RepositoryGone extends RemoteError {
  constructor(fault: Fault) {
    super(`GitHub says that ${fault.repository} does not exist, or that this App may not see it any more.`, fault);
  }
}

/** A push was answered 403 because the repository is archived. */
export class RepositoryArchived extends RemoteError {
  constructor(fault: Fault) {
    super(`${fault.repository} is archived, so it is read-only: nothing can be pushed to it.`, fault);
  }
}

/** 401 or 403: the token is not accepted, or does not allow this. */
export class AccessDenied extends RemoteError {
  readonly status: 401 | 403;
  constructor(status: 401 | 403, fault: Fault) {
    super(
      `GitHub refused this App's access to ${fault.repository} (HTTP ${status}). Is the App still installed there?`,
      fault,
    );
    this.status = status;
  }
}

/** The fetch failed for another reason: network, time, or a damaged answer. */
export class FetchFailed extends RemoteError {
  constructor(fault: Fault) {
    super(`Fetching from ${fault.repository} failed: ${reasonIn(fault.detail)}`, fault);
  }
}

/** The push failed before the server gave a verdict on the branch, or the verdict was that the server itself failed. */
export class PushFailed extends RemoteError {
  constructor(fault: Fault) {
    super(`Pushing to ${fault.repository} failed: ${reasonIn(fault.detail)}`, fault);
  }
}

/** The tree is beyond what this host checks out. */
export class TooLarge extends Error {
  readonly limit: "files" | "bytes" | "file size" | "depth";
  constructor(limit: TooLarge["limit"], message: string) {
    super(message);
    this.name = "TooLarge";
    this.limit = limit;
  }
}

/**
 * What trying again promises. `another token`: this one is not accepted, which passes where it was too new, or was revoked; the
 * bot, asked for another, knows whether there is still one to be had.
 */
export type Chance = "may pass" | "another token" | "none";

/** git's words where this host itself is in trouble: GitHub cannot mend it. */
const OWN_TROUBLE =
  /No space left on device|Disk quota exceeded|Read-only file system|Out of memory|Too many open files/i;

export function chanceOf(error: unknown): Chance {
  if (!(error instanceof RemoteError)) return "none";
  if (error.retryAfterMs !== undefined) return "may pass";
  if (error instanceof FetchFailed || error instanceof PushFailed)
    return OWN_TROUBLE.test(error.detail) ? "none" : "may pass";
  if (error instanceof RepositoryGone) return "another token";
  return error instanceof AccessDenied && error.status === 401 ? "another token" : "none";
}

/**
 * The typed error that git's words on a remote mean; `stderr` with the trace of HTTP in it. git has no exit codes for
 * these; the texts are those of git 2.39-2.5x under LC_ALL=C and of GitHub's `remote:` lines.
 */
export function remoteError(kind: "fetch" | "push", stderr: string, repository: string): RemoteError {
  const { words, retryAfterMs } = readTrace(stderr);
  const fault = { repository, detail: words.slice(-2000).trim(), retryAfterMs };
  if (/^(remote: |ERROR: )?.*repository was archived/im.test(words)) return new RepositoryArchived(fault);
  const missing = /couldn't find remote ref refs\/heads\/(.+)/.exec(words)?.[1];
  if (missing) return new BranchGone(missing.trim(), fault);
  if (/requested URL returned error: 403/.test(words)) return new AccessDenied(403, fault);
  if (/Authentication failed|requested URL returned error: 401|could not read (Username|Password)/.test(words)) {
    return new AccessDenied(401, fault);
  }
  if (/repository '.*' not found|requested URL returned error: 404/.test(words)) return new RepositoryGone(fault);
  return kind === "fetch" ? new FetchFailed(fault) : new PushFailed(fault);
}

/** The first line that git calls an error; what follows it is only what became of that. */
function reasonIn(detail = ""): string {
  const lines = detail.split("\n").map((line) => line.trim());
  const line = lines.find((each) => /^(fatal|error): /.test(each)) ?? lines.findLast((each) => each !== "");
  return line ? line.replace(/^(fatal|error): /, "") : "git gave no reason.";
}
