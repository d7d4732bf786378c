/**
 * Makes GitHub show one task: reaction, progress comment, label, check runs. What was shown before is a hint that saves
 * requests; without it everything is found again on GitHub. Each part is tried even when another one failed, so that a
 * missing permission for labels does not cost the comment.
 */
import { BudgetSpent } from "../budget.ts";
import { classify, isFinal, type Octokit } from "../github.ts";
import { NoLongerTaken } from "../task/due-set.ts";
import { isSameSource } from "../task/origin.ts";
import { isOwnPlace } from "../task/own-place.ts";
import type { Task } from "../task/task.ts";
import { tasksOfIssue, untilAgreed } from "./agree.ts";
import { type CheckRun, createCheckRun, ensureCheckRun, updateCheckRun } from "./check-run.ts";
import { setCommitStatus } from "./commit-status.ts";
import { ensureLabel, labelOf } from "./label.ts";
import { isAbsent, threadOf } from "./own-comment.ts";
import { reactionOf, reactTo } from "./reaction.ts";
import { showComment } from "./show-comment.ts";
import { showQuestions } from "./show-questions.ts";
import { showSaid } from "./show-said.ts";
import type { ShowDeps, Showing } from "./showing.ts";
import { hashOf } from "./view.ts";

/**
 * When to look again (Unix ms), or undefined when all is shown. Changes the hints and remembers them after every effect.
 * Throws the first failure after all parts have had their try; what closes GitHub to us altogether at once.
 */
export async function showTask(deps: ShowDeps, showing: Showing): Promise<number | undefined> {
  const failures: unknown[] = [];
  let lookAgainAt: number | undefined;
  for (const part of isOwnPlace(showing.task.spec.number) ? WITHOUT_ISSUE : ALL_PARTS) {
    try {
      lookAgainAt = (await part(deps, showing)) ?? lookAgainAt;
    } catch (error) {
      if (endsReport(error)) throw error;
      failures.push(error);
    }
  }
  if (failures.length > 0) throw worst(failures);
  return lookAgainAt;
}

/** What is told to its caller alone has nothing on GitHub but its pull request; there somebody may have said something to its agent. */
const WITHOUT_ISSUE = [showSaid];
const ALL_PARTS = [showReaction, showComment, showLabel, showChecks, showSaid, showQuestions];

/** A budget that is spent concerns texts alone: labels and checks are shown all the same. */
function endsReport(error: unknown): boolean {
  const failure = classify(error);
  const isLimit = failure === "rate_limited" && !(error instanceof BudgetSpent);
  return isFinal(failure) || isLimit || error instanceof NoLongerTaken;
}

/** What may pass is repeated soonest. */
function worst(failures: readonly unknown[]): unknown {
  return failures.find((error) => classify(error) === "unavailable") ?? failures[0];
}

async function showReaction(deps: ShowDeps, { task, hints, look }: Showing): Promise<undefined> {
  const { spec } = task;
  const wanted = async () =>
    reactionOf((await tasksOfIssue(deps, task)).filter((other) => isSameSource(other.spec.origin, spec.origin)));
  if (!look && hints.reaction === (await wanted())) return;
  const octokit = await deps.github.forInstallation(spec.installationId);
  hints.reaction = await untilAgreed(wanted, async (content) => {
    const before = { known: hints.reactionId, look: look || (hints.reaction !== undefined && !hints.reactionId) };
    hints.reactionId = await reactTo(octokit, threadOf(spec).repository, spec.origin, { content, before });
  });
  await deps.store.remember(spec.id, hints);
}

async function showLabel(deps: ShowDeps, { task, hints, look }: Showing): Promise<undefined> {
  const { spec } = task;
  const wanted = async () => labelOf(await tasksOfIssue(deps, task));
  if (!look && hints.label === (await wanted())) return;
  const octokit = await deps.github.forInstallation(spec.installationId);
  hints.label = await untilAgreed(wanted, (label) => ensureLabel(octokit, threadOf(spec), label, deps.labels));
  await deps.store.remember(spec.id, hints);
}

async function showChecks(deps: ShowDeps, showing: Showing): Promise<undefined> {
  const { task, view, hints, around, look } = showing;
  const hash = hashOf(view.checks);
  if (view.checks.length === 0 || (!look && hints.checksHash === hash)) return;
  const { repository, number, about } = task.spec;
  const page = `${around.webUrl}/${repository.owner}/${repository.name}/${about ? "pull" : "issues"}/${number}`;
  const comment = `${page}#${about ? "discussion_r" : "issuecomment-"}${hints.commentId}`;
  const detailsUrl = hints.commentId === undefined ? page : comment;
  for (const check of view.checks) {
    const annotated = hints.annotated?.includes(check.sha) ?? false;
    await showCheck(deps, showing, { view: check, detailsUrl, annotated });
    if (annotated || check.annotations.length === 0) continue;
    // At once: should the next check fail, this one must not get them a second time.
    hints.annotated = [...(hints.annotated ?? []), check.sha];
    await deps.store.remember(task.spec.id, hints);
  }
  if (deps.commitStatus) {
    const octokit = await deps.github.forInstallation(task.spec.installationId);
    for (const check of view.checks) await setCommitStatus(octokit, task, check, detailsUrl);
  }
  hints.checksHash = hash;
  await deps.store.remember(task.spec.id, hints);
}

async function showCheck(deps: ShowDeps, { task, hints, look }: Showing, run: CheckRun): Promise<void> {
  const { sha } = run.view;
  const octokit = await deps.github.forInstallation(task.spec.installationId);
  const known = hints.checks?.[sha];
  if (!look && known !== undefined && (await updated(octokit, task, run, known))) return;
  const mark = `check ${sha}`;
  const mayExist = look || known !== undefined || hints.tried?.includes(mark);
  if (!mayExist) {
    hints.tried = [...(hints.tried ?? []), mark];
    await deps.store.remember(task.spec.id, hints);
  }
  // Before it can be asked for again.
  await deps.store.markChecked(task.spec, sha);
  const id = mayExist ? await ensureCheckRun(deps.github, task, run) : await createCheckRun(octokit, task, run);
  hints.checks = { ...hints.checks, [sha]: id };
  await deps.store.remember(task.spec.id, hints);
}

/** False when there is none of that id. */
async function updated(octokit: Octokit, task: Task, run: CheckRun, id: number): Promise<boolean> {
  try {
    await updateCheckRun(octokit, task, run, id);
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}
