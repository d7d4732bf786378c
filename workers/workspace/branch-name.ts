/**
 * Names of branches come from outside (a pull request's head, a default branch) and end up in git's arguments and in file
 * names. Two answers: may we ask a remote for it, and may an agent's local branch bear it?
 */

/** A ref is a file, its lock is another with `.lock` behind it, and a file's name has at most 255 bytes. */
const MAX_FILE_NAME_BYTES = 250;

/** True for a name that we can ask a remote for, keep and push. */
export function isBranchName(name: string): boolean {
  return branchNameProblem(name) === undefined;
}

/**
 * What is wrong with a name, as the end of a sentence that begins with the branch; undefined for one that git accepts
 * (git-check-ref-format(1)), that cannot be taken for an option or a pattern, and that our files can bear.
 * `git check-ref-format --branch` is not the judge: it lets `@` and names starting with `refs/heads/` through.
 */
export function branchNameProblem(name: string): string | undefined {
  const bytes = Buffer.byteLength(escaped(name));
  if (bytes > MAX_FILE_NAME_BYTES)
    return `has a name that is too long: ${bytes} bytes, where a slash counts as three, and at most ${MAX_FILE_NAME_BYTES} are possible`;
  if (name.startsWith("refs/"))
    return "has a name that begins with `refs/`, which git takes for the full name of another branch";
  return isWellFormedName(name) ? undefined : "has a name that git does not accept everywhere";
}

function isWellFormedName(name: string): boolean {
  if (name === "" || name === "@" || name.startsWith("-") || name.endsWith(".")) return false;
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
  return `refs/remotes/origin/${escaped(branch)}`;
}

const escaped = (branch: string) => branch.replaceAll("%", "%25").replaceAll("/", "%2F");

/** The branch that the mirror keeps under this file's name. */
export const branchOfMirrorRef = (fileName: string): string => fileName.replaceAll("%2F", "/").replaceAll("%25", "%");
