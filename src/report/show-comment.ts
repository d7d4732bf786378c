/**
 * Shows a task's progress comment. Creation: once per task, remembered right away. Edits: a turn of the task is shown at
 * once; what an agent says at most every half minute, less often as the installation's budget shrinks, the last of it
 * always. A phase alone is worth one edit in the life of a task, if nothing else was: nobody is notified of an edit, but
 * each counts as text to GitHub, and may start workflows of the repository.
 *
 * Somebody who deletes the comment gets it again with the next change, in case it was a slip; who deletes it twice means it.
 */

import type { Task } from "../task/task.ts";
import { makeMarker } from "./marker.ts";
import { create, editComment, findOne, isAbsent, type OwnComment, says, threadOf } from "./own-comment.ts";
import type { ShowDeps, Showing } from "./showing.ts";
import { QUEUED } from "./view.ts";

/** Between two edits that show mere progress, ms, while there is room. */
const EDIT_EVERY_MS = 30_000;
/** So much of the installation's room for text is used, and so many times as long is waited then. */
const SPACING = [
  [0.75, 10],
  [0.5, 4],
  [0.25, 2],
] as const;
/** So long a run that prepares is not worth an edit, ms. */
const PREPARING_MS = 5_000;
/** After so many edits in which the agent says nothing new, a phase alone is worth none. */
const QUIET_EDITS = 1;

/** When to look again (Unix ms), or undefined when the comment says what it should. */
export async function showComment(deps: ShowDeps, showing: Showing): Promise<number | undefined> {
  const { view, hints, around, look, first } = showing;
  if (hints.deleted === "twice") return undefined;
  const own = ownComment(deps, showing);
  if (hints.commentId === undefined && first) return await createFirst(deps, showing, own);
  if (look || hints.commentId === undefined) return await makeOne(deps, showing, own);
  const due = await editDueAt(deps, showing);
  if (due === undefined) return undefined;
  if (due > around.now) return due;
  if (await edited(deps, own, hints.commentId, view.comment)) return await remember(deps, showing);
  return await again(deps, showing, own);
}

/** When the comment is to be edited, Unix ms; undefined when it need not be. */
async function editDueAt({ budget }: ShowDeps, { task, view, hints, around }: Showing): Promise<number | undefined> {
  if (hints.bodyHash === view.commentHash) return undefined;
  // A task that has waited and is in the queue now will run in a moment, or is told of as if it were a phase.
  const isTurn = hints.turn !== view.turn;
  if (isTurn && view.turn !== QUEUED) return Math.min(preparedAt(task), around.now + PREPARING_MS);
  if (hints.words === view.words) {
    const isSamePhase = !isTurn && hints.phase === view.phase;
    return isSamePhase || (hints.quietEdits ?? 0) >= QUIET_EDITS ? undefined : 0;
  }
  const use = await budget.contentUse(task.spec.installationId);
  const [, times] = SPACING.find(([from]) => use >= from) ?? [0, 1];
  return (hints.editedAt ?? 0) + times * EDIT_EVERY_MS;
}

/** A run that has just begun is told of when its agent works, which is but a moment later as a rule. */
function preparedAt({ state, cancel }: Task): number {
  return state.name === "running" && state.phase === "preparing" && !cancel ? state.since + PREPARING_MS : 0;
}

/** Nobody can have tried before: nothing is to be looked for. */
async function createFirst(deps: ShowDeps, showing: Showing, own: OwnComment): Promise<undefined> {
  const octokit = await deps.github.forInstallation(own.thread.installationId);
  showing.hints.commentId = await create(octokit, own, showing.view.comment);
  return await remember(deps, showing);
}

/** Whatever there is, one is left, and it says what it should. */
async function makeOne(deps: ShowDeps, showing: Showing, own: OwnComment): Promise<undefined> {
  const { hints, view, task } = showing;
  const found = await findOne(deps.github, own);
  if (!found && hints.commentId !== undefined) return await again(deps, showing, own);
  if (!found) {
    const octokit = await deps.github.forInstallation(own.thread.installationId);
    hints.commentId = await create(octokit, own, view.comment);
    await deps.store.remember(task.spec.id, hints);
    hints.commentId = (await findOne(deps.github, own))?.id ?? hints.commentId;
  } else {
    hints.commentId = found.id;
    if (!says(found, own, view.comment)) await edited(deps, own, found.id, view.comment);
  }
  return await remember(deps, showing);
}

/** A person has deleted it. */
async function again(deps: ShowDeps, showing: Showing, own: OwnComment): Promise<undefined> {
  const { hints, task } = showing;
  hints.deleted = hints.deleted === undefined ? "once" : "twice";
  hints.commentId = undefined;
  await deps.store.remember(task.spec.id, hints);
  return hints.deleted === "twice" ? undefined : await makeOne(deps, showing, own);
}

function ownComment(deps: ShowDeps, { task: { spec } }: Showing): OwnComment {
  return { thread: threadOf(spec), marker: makeMarker(deps.secret, "progress", spec.id), since: spec.requestedAt };
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
  if (hints.turn !== undefined && hints.words === view.words) hints.quietEdits = (hints.quietEdits ?? 0) + 1;
  hints.bodyHash = view.commentHash;
  hints.turn = view.turn;
  hints.phase = view.phase;
  hints.words = view.words;
  hints.editedAt = around.now;
  await deps.store.remember(task.spec.id, hints);
  return undefined;
}
