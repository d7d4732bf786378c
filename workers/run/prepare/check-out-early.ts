/**
 * Does while the fetch is still under way what it will hardly change: checks the files out, reads the repository's rules.
 * Most fetches bring nothing new, and a tree takes longer to write than everything else before an agent: so the tip of
 * the last fetch is checked out at once, and what has changed since is brought after.
 */

import { localBranchName } from "../../workspace/branch-name.ts";
import { knownTip, type Tips } from "../../workspace/fetch-refs.ts";
import type { Mirror } from "../../workspace/mirror.ts";
import { packedRefs } from "../../workspace/packed-refs.ts";
import { type FileAt, readFilesAt } from "../../workspace/read-file-at.ts";
import {
  createWorkspace,
  fillWorkspace,
  layWorkspace,
  moveWorkspace,
  rewriteRefs,
  type Workspace,
  type WorkspaceOptions,
} from "../../workspace/workspace.ts";
import { later } from "./later.ts";

/** `base`: the branch that the work is to be merged into. */
type Options = Omit<WorkspaceOptions, "sha" | "refs"> & { base: string };

/** `laid`: whether it is still the one that was laid early, and not one made anew in its place. */
export type CheckedOut = { workspace: Workspace; laid: boolean };

/** `laid`: its folders, which stand already; undefined when the branch was never fetched. */
export type EarlyCheckout = { laid: Workspace | undefined; checkedOut: Promise<CheckedOut> };

/**
 * `fetch`: under way. `checkedOut` gives the workspace at the fetched tip of `startRef`, always; the first failure only when
 * all is still. No workspace of the task may stand yet.
 */
export function checkOutEarly(options: Options, startRef: string, fetch: Promise<Tips>): EarlyCheckout {
  const sha = knownTip(options.mirror, startRef);
  const refs = sha === undefined ? "" : refsFor(options, startRef);
  const laid = sha === undefined ? undefined : layWorkspace({ ...options, sha, refs });
  const filled = laid && later(fillWorkspace(laid, { ...options, sha: laid.baseSha }));
  return { laid, checkedOut: later(finish(options, startRef, fetch, filled && { filled, refs })) };
}

/** Where it is known where the work starts. No workspace of the task may stand yet. */
export function checkOutAt(options: Options, { sha, refs }: { sha: string; refs: string }): EarlyCheckout {
  const laid = layWorkspace({ ...options, sha, refs });
  const filled = fillWorkspace(laid, { ...options, sha });
  return { laid, checkedOut: later(filled.then((workspace) => ({ workspace, laid: true }))) };
}

/** What the repository of a workspace knows besides its branch. */
export const refsFor = ({ mirror, branch, taskId, base }: Options, start: string): string =>
  packedRefs(mirror, { branch: localBranchName(branch, taskId), base, start });

async function finish(
  options: Options,
  startRef: string,
  fetch: Promise<Tips>,
  early: { filled: Promise<Workspace>; refs: string } | undefined,
): Promise<CheckedOut> {
  const { mirror, user } = options;
  const [fetched, made] = await Promise.allSettled([fetch, early?.filled]);
  if (fetched.status === "rejected") throw fetched.reason;
  const sha = fetched.value[startRef];
  if (!sha) throw new Error("The fetch did not bring the branch that the work starts from");
  const workspace = made.status === "fulfilled" ? made.value : undefined;
  // What was wrong with the earlier tip (too large, say) need not be wrong with this one; else it is said now.
  const refs = refsFor(options, startRef);
  if (!workspace) return { workspace: await createWorkspace({ ...options, sha, refs }), laid: false };
  if (refs !== early?.refs) await rewriteRefs(workspace, { refs, user });
  const moved = workspace.baseSha === sha ? workspace : await moveWorkspace(workspace, { mirror, sha, user });
  return { workspace: moved, laid: true };
}

/** `early`: what there is at the tip of the fetch before, a guess; undefined when there is none. `found`: as the fetch leaves it. */
export type EarlyFiles = {
  early: Promise<readonly FileAt[]> | undefined;
  found: Promise<readonly FileAt[]>;
};

/** Those of the files that stand at the fetched tip of `branch`; read ahead at the tip before. */
export function readFilesEarly(
  mirror: Mirror,
  file: { branch: string; paths: readonly string[]; maxBytes: number },
  fetch: Promise<Tips>,
): EarlyFiles {
  const read = (sha: string) => later(readFilesAt(mirror, sha, file.paths, file.maxBytes));
  const guess = knownTip(mirror, file.branch);
  const early = guess === undefined ? undefined : read(guess);
  const found = fetch.then((tips) => {
    const sha = tips[file.branch];
    if (!sha) throw new Error(`The fetch did not bring the branch ${file.branch}`);
    return sha === guess && early ? early : read(sha);
  });
  return { early, found: later(found) };
}
