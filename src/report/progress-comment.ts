/**
 * Shows a task's progress comment. Creation: once per task, remembered right away. Edits: a change of state is shown at
 * once; mere progress at most every 10 s per task, the last of it always. Somebody who deletes the comment gets it
 * again with the next change, in case it was a slip; who deletes it twice means it.
 */

import { makeMarker } from "./marker.ts";
import { editComment, findOrCreate, isAbsent, type OwnComment } from "./own-comment.ts";
import type { ShowDeps, Showing } from "./showing.ts";

/** Between two edits that show mere progress, ms. */
const EDIT_EVERY_MS = 10_000;

/** When to look again (Unix ms), or undefined when the comment says what it should. */
export async function showComment(deps: ShowDeps, showing: Showing): Promise<number | undefined> {
  const { task, view, hints, around } = showing;
  if (hints.deleted === "twice") return undefined;
  const own = ownComment(deps, showing);
  if (hints.commentId !== undefined) {
    if (hints.bodyHash === view.commentHash) return undefined;
    const mayEditAt = (hints.editedAt ?? 0) + EDIT_EVERY_MS;
    if (hints.stateKey === view.stateKey && around.now < mayEditAt) return mayEditAt;
    if (await edited(deps, own, hints.commentId, view.comment)) return await remember(deps, showing);
    hints.deleted = hints.deleted === undefined ? "once" : "twice";
    hints.commentId = undefined;
    await deps.store.remember(task.spec.id, hints);
    if (hints.deleted === "twice") return undefined;
  }
  const { id, fresh } = await findOrCreate(deps.github, own, view.comment, (created) => {
    hints.commentId = created;
    return deps.store.remember(task.spec.id, hints);
  });
  hints.commentId = id;
  if (!fresh) await edited(deps, own, id, view.comment);
  return await remember(deps, showing);
}

function ownComment(deps: ShowDeps, { task: { spec } }: Showing): OwnComment {
  return { thread: spec, marker: makeMarker(deps.secret, "progress", spec.id), since: spec.requestedAt };
}

/** False when the comment is not there any more. */
async function edited(deps: ShowDeps, own: OwnComment, id: number, body: string): Promise<boolean> {
  const octokit = await deps.github.forInstallation(own.thread.installationId);
  try {
    await editComment(octokit, own, id, body);
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

async function remember(deps: ShowDeps, { task, view, hints, around }: Showing): Promise<undefined> {
  hints.bodyHash = view.commentHash;
  hints.stateKey = view.stateKey;
  hints.editedAt = around.now;
  await deps.store.remember(task.spec.id, hints);
  return undefined;
}
