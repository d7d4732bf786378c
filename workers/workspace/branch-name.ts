/**
 * Names of branches come from outside (a pull request's head, a default branch) and end up in git's arguments and in file
 * names. Two answers: may we ask a remote for it, and may an agent's local branch bear it?
 */

/** Longest branch name that we handle, in bytes; with prefix and escapes it must still fit a file name of 255 bytes. */
const MAX_BYTES = 200;

/**
 * True for a name that git accepts as a branch (git-check-ref-format(1)) and that cannot be taken for an option or a
 * pattern. `git check-ref-format --branch` is not the judge: it lets `@` and names starting with `refs/heads/` through.
 */
export function isBranchName(name: string): boolean {
  if (name === "" || name === "@" || Buffer.byteLength(name) > MAX_BYTES) return false;
  if (name.startsWith("-") || name.startsWith("refs/") || name.endsWith(".")) return false;
  if (/[\p{Cc} ~^:?*[\\]|\.\.|@\{/u.test(name) || !name.isWellFormed()) return false;
  return name.split("/").every((part) => part !== "" && !part.startsWith(".") && !part.endsWith(".lock"));
}

/** Names that look the same to every tool, shell and person. */
const PLAIN = /^[A-Za-z0-9][A-Za-z0-9/_.#+-]*$/;

/** The name of the agent's local branch: the branch's own where that is plain, otherwise a neutral one made of the task. */
export function localBranchName(branch: string, taskId: string): string {
  return isBranchName(branch) && PLAIN.test(branch) ? branch : `orch/${taskId}`;
}

/**
 * Where the mirror keeps a remote branch. Slashes are escaped, so that a branch `a` which was deleted and came back as
 * `a/b` does not stumble over the old ref's file.
 */
export function mirrorRef(branch: string): string {
  return `refs/remotes/origin/${branch.replaceAll("%", "%25").replaceAll("/", "%2F")}`;
}
