/**
 * Does while the fetch is still under way what it will hardly change: checks the files out, reads the repository's rules.
 * Most fetches bring nothing new, and a tree takes longer to write than everything else before an agent: so the tip of
 * the last fetch is checked out at once, and what has changed since is brought after.
 */
import { knownTip, type Tips } from "../workspace/fetch-refs.ts";
import type { Mirror } from "../workspace/mirror.ts";
import { readFileAt } from "../workspace/read-file-at.ts";
import { createWorkspace, moveWorkspace, type Workspace, type WorkspaceOptions } from "../workspace/workspace.ts";

/** `fetch`: under way. Gives the workspace at the fetched tip of `startRef`, always; the first failure only when all is still. */
export async function checkOutEarly(
  options: Omit<WorkspaceOptions, "sha">,
  startRef: string,
  fetch: Promise<Tips>,
): Promise<Workspace> {
  const { mirror, user } = options;
  const tip = knownTip(mirror, startRef);
  const early = tip === undefined ? undefined : createWorkspace({ ...options, sha: tip });
  const [fetched, made] = await Promise.allSettled([fetch, early]);
  if (fetched.status === "rejected") throw fetched.reason;
  const sha = fetched.value[startRef];
  if (!sha) throw new Error("The fetch did not bring the branch that the work starts from");
  const workspace = made.status === "fulfilled" ? made.value : undefined;
  // What was wrong with the earlier tip (too large, say) need not be wrong with this one; else it is said now.
  if (!workspace) return await createWorkspace({ ...options, sha });
  return workspace.baseSha === sha ? workspace : await moveWorkspace(workspace, { mirror, sha, user });
}

/** The file as it stands at the fetched tip of `branch`; read ahead at the tip of the fetch before. */
export async function readFileEarly(
  mirror: Mirror,
  file: { branch: string; path: string; maxBytes: number },
  fetch: Promise<Tips>,
): Promise<string | undefined> {
  const read = (sha: string) => readFileAt(mirror, sha, file.path, file.maxBytes);
  const guess = knownTip(mirror, file.branch);
  const early = guess === undefined ? undefined : read(guess);
  early?.catch(() => undefined); // awaited below, unless it was read in vain
  const sha = (await fetch)[file.branch];
  if (!sha) throw new Error(`The fetch did not bring the branch ${file.branch}`);
  return await (sha === guess && early ? early : read(sha));
}
