/**
 * What can go wrong between this host and a repository, as types. The messages are sentences that a user may read;
 * `detail` is for the log: git's own last words, bounded, without credentials. Whether to try again is the caller's choice.
 */

type Fault = { repository: string; detail?: string };

/** Characters of a branch's name that a sentence can bear. */
const SHOWN_NAME = 60;

/** Base of all errors below: `repository` is `owner/name`. */
export class RemoteError extends Error {
  readonly repository: string;
  readonly detail: string;
  constructor(message: string, { repository, detail }: Fault) {
    super(message);
    this.name = new.target.name;
    this.repository = repository;
    this.detail = detail ?? "";
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
    super(`Fetching from ${fault.repository} failed: ${lastLine(fault.detail)}`, fault);
  }
}

/** The push failed before the server gave a verdict on the branch. */
export class PushFailed extends RemoteError {
  constructor(fault: Fault) {
    super(`Pushing to ${fault.repository} failed: ${lastLine(fault.detail)}`, fault);
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
 * The typed error that git's words on a remote mean. git has no exit codes for these; the texts are those of git 2.39-2.5x
 * under LC_ALL=C and of GitHub's `remote:` lines.
 */
export function remoteError(kind: "fetch" | "push", stderr: string, repository: string): RemoteError {
  const fault = { repository, detail: stderr.slice(-2000).trim() };
  if (/^(remote: |ERROR: )?.*repository was archived/im.test(stderr)) return new RepositoryArchived(fault);
  const missing = /couldn't find remote ref refs\/heads\/(.+)/.exec(stderr)?.[1];
  if (missing) return new BranchGone(missing.trim(), fault);
  if (/requested URL returned error: 403/.test(stderr)) return new AccessDenied(403, fault);
  if (/Authentication failed|requested URL returned error: 401|could not read (Username|Password)/.test(stderr)) {
    return new AccessDenied(401, fault);
  }
  if (/repository '.*' not found|requested URL returned error: 404/.test(stderr)) return new RepositoryGone(fault);
  return kind === "fetch" ? new FetchFailed(fault) : new PushFailed(fault);
}

function lastLine(detail = ""): string {
  const line = detail.trim().split("\n").at(-1)?.trim();
  return line ? line.replace(/^(fatal|error): /, "") : "git gave no reason.";
}
