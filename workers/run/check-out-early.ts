/**
 * Checks the files out while the fetch is still under way. Most fetches bring nothing new, and a large tree takes longer
 * to write than everything else before an agent: so the tip of the last fetch is checked out at once, and what has
 * changed since is brought after.
 */
import { knownTip, type Tips } from "../workspace/fetch-refs.ts";
import { createWorkspace, moveWorkspace, type Workspace, type WorkspaceOptions } from "../workspace/workspace.ts";

/** `fetch`: under way. Gives the workspace at the fetched tip of `startRef`, always; the first failure only when all is still. */
export async function checkOutEarly(
  options: Omit<WorkspaceOptions, "sha">,
  startRef: string,
  fetch: Promise<Tips>,
): Promise<Workspace> {
  const { mirror, user } = options;
  const early = knownTip(mirror, startRef).then((sha) =>
    sha === undefined ? undefined : createWorkspace({ ...options, sha }),
  );
  const [fetched, made] = await Promise.allSettled([fetch, early]);
  if (fetched.status === "rejected") throw fetched.reason;
  const sha = fetched.value[startRef];
  if (!sha) throw new Error("The fetch did not bring the branch that the work starts from");
  const workspace = made.status === "fulfilled" ? made.value : undefined;
  // What was wrong with the earlier tip (too large, say) need not be wrong with this one; else it is said now.
  if (!workspace) return await createWorkspace({ ...options, sha });
  return workspace.baseSha === sha ? workspace : await moveWorkspace(workspace, { mirror, sha, user });
}
