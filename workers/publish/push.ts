/**
 * Puts a commit on a branch on GitHub, as compare-and-set: the branch must be where the caller believes it is. The one
 * exception is our own earlier attempt: a tip that an earlier run of the same task left there may be replaced. Anything else
 * is somebody's work and is never overwritten.
 */
import { isBranchName } from "../workspace/branch-name.ts";
import { fetchRefs } from "../workspace/fetch-refs.ts";
import { hostGit, hostGitOutput } from "../workspace/git.ts";
import { type GitAccess, openAccess, repositoryOf } from "../workspace/git-access.ts";
import { BranchGone, PushFailed, remoteError } from "../workspace/git-errors.ts";
import { checkSha, checkTaskId } from "../workspace/host-folders.ts";
import { HTTP_TRACE, readTrace } from "../workspace/http-trace.ts";
import { type PushVerdict, readPushVerdict } from "./push-verdict.ts";
import type { Quarantine } from "./quarantine.ts";

export type Push = {
  quarantine: Quarantine;
  access: GitAccess;
  /** Made by `recreate`. */
  sha: string;
  branch: string;
  /** Where the branch must be now; "" = it must not exist. */
  expected: string;
  taskId: string;
  signal?: AbortSignal;
};

/** `stale`: the branch is elsewhere (`remoteSha`), or gone. `reason`: GitHub's, as a sentence for a person. */
export type PushResult =
  | { kind: "pushed" | "already"; sha: string }
  | { kind: "stale"; remoteSha?: string }
  | { kind: "refused"; reason: string };

const PUSH_MS = 5 * 60_000;

/**
 * Safe to repeat: the second time it is "already" there.
 * @throws RepositoryGone, RepositoryArchived, AccessDenied, PushFailed; FetchFailed while looking at a stale branch
 */
export async function push(options: Push): Promise<PushResult> {
  const { quarantine, access, branch, expected } = options;
  const [sha, taskId] = [checkSha(options.sha), checkTaskId(options.taskId)];
  if (!isBranchName(branch)) throw new Error(`Not a branch name: ${JSON.stringify(branch)}`);
  const first = await pushOnce(options, expected === "" ? "" : checkSha(expected));
  if (first.kind !== "stale") return resultOf(first, sha);
  const remoteSha = await tipOf(quarantine, access, branch);
  // Nobody has been there: the server could not have its own lock, say.
  if ((remoteSha ?? "") === expected) throw new PushFailed({ repository: repositoryOf(access), detail: first.words });
  if (remoteSha === undefined) return { kind: "stale" };
  if (remoteSha === sha) return { kind: "already", sha };
  if (!(await isEarlierAttempt(quarantine, { remoteSha, sha, taskId }))) return { kind: "stale", remoteSha };
  options.signal?.throwIfAborted();
  const second = await pushOnce(options, remoteSha);
  return second.kind === "stale" ? { kind: "stale", remoteSha } : resultOf(second, sha);
}

/** The server's verdict, where it is one on the branch. */
type Verdict = Exclude<PushVerdict, { kind: "failed" }>;

function resultOf(verdict: Exclude<Verdict, { kind: "stale" }>, sha: string): PushResult {
  return verdict.kind === "refused" ? verdict : { kind: verdict.kind, sha };
}

async function pushOnce({ quarantine, access, sha, branch, signal }: Push, expected: string): Promise<Verdict> {
  const open = await openAccess(access);
  const ref = `refs/heads/${branch}`;
  const args = [
    ...["push", "--porcelain", "--no-verify", "--no-signed", "--recurse-submodules=no"],
    ...[`--force-with-lease=${ref}:${expected}`, open.url, `${sha}:${ref}`],
  ];
  const env = { ...open.env, ...HTTP_TRACE };
  const done = await hostGit(quarantine.dir, args, { ...open, env, timeoutMs: PUSH_MS, signal });
  signal?.throwIfAborted();
  const stderr = open.redact(done.stderr);
  const verdict = readPushVerdict({ stdout: done.stdout, stderr: readTrace(stderr).words }, branch);
  if (verdict !== undefined && verdict.kind !== "failed") return verdict;
  // git calls the branch up to date when the answer to its push is cut off.
  const words = done.timedOut
    ? "GitHub did not answer in time."
    : `${verdict ? `error: ${verdict.words}\n` : ""}${stderr}`;
  throw remoteError("push", words, open.repository);
}

async function tipOf({ mirror }: Quarantine, access: GitAccess, branch: string): Promise<string | undefined> {
  try {
    return (await fetchRefs(mirror, access, [branch]))[branch];
  } catch (error) {
    if (error instanceof BranchGone) return undefined;
    throw error;
  }
}

/**
 * True when the remote tip was made by this task in the same or an earlier epoch. The trailer alone is no proof (a person
 * who amends our commit keeps it), so the committer must be ours as well.
 */
async function isEarlierAttempt(
  quarantine: Quarantine,
  { remoteSha, sha, taskId }: { remoteSha: string; sha: string; taskId: string },
) {
  const [theirs, ours] = [await readMarks(quarantine, remoteSha), await readMarks(quarantine, sha)];
  const sameHand = theirs.committer === ours.committer && theirs.author === ours.author;
  return sameHand && theirs.task === taskId && ours.task === taskId && theirs.epoch <= ours.epoch;
}

async function readMarks({ dir }: Quarantine, sha: string) {
  const trailer = (key: string) => `%(trailers:key=${key},valueonly,separator=%x2C)`;
  const format = ["%an <%ae>", "%cn <%ce>", trailer("Orch-Task"), trailer("Orch-Epoch")].join("%x00");
  const args = ["show", "--no-patch", `--format=${format}`, checkSha(sha)];
  const [author, committer, task, epoch = ""] = (await hostGitOutput(dir, args)).trimEnd().split("\0");
  return { author, committer, task, epoch: /^\d+$/.test(epoch) ? Number(epoch) : Number.NaN };
}
