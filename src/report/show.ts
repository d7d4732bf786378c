/**
 * Makes GitHub show one task: reaction, progress comment, label, check runs. What was shown before is a hint that saves
 * requests; without it everything is found again on GitHub. Each part is tried even when another one failed, so that a
 * missing permission for labels does not cost the comment.
 */
import { classify, isFinal } from "../github.ts";
import { isSameSource } from "../task/origin.ts";
import type { Task } from "../task/task.ts";
import { tasksOfIssue, untilAgreed } from "./agree.ts";
import { ensureCheckRun } from "./check-run.ts";
import type { Surroundings } from "./facts.ts";
import { ensureLabel, labelOf } from "./label.ts";
import { showComment } from "./progress-comment.ts";
import { reactionOf, reactTo } from "./reaction.ts";
import type { Hints, ShowDeps, Showing } from "./showing.ts";
import { hashOf, viewOf } from "./view.ts";

/**
 * When to look again (Unix ms), or undefined when all is shown. Changes `hints` and remembers them after every effect.
 * Throws the first failure after all parts have had their try; what closes GitHub to us altogether at once.
 */
export async function showTask(
  deps: ShowDeps,
  task: Task,
  hints: Hints,
  around: Surroundings,
): Promise<number | undefined> {
  const showing = { task, view: viewOf(task, around), hints, around };
  const failures: unknown[] = [];
  let lookAgainAt: number | undefined;
  for (const part of [showReaction, showComment, showLabel, showChecks]) {
    try {
      lookAgainAt = (await part(deps, showing)) ?? lookAgainAt;
    } catch (error) {
      const failure = classify(error);
      if (isFinal(failure) || failure === "rate_limited") throw error;
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return lookAgainAt;
}

async function showReaction(deps: ShowDeps, { task, hints }: Showing): Promise<undefined> {
  const { spec } = task;
  const wanted = async () =>
    reactionOf((await tasksOfIssue(deps, task)).filter((other) => isSameSource(other.spec.origin, spec.origin)));
  if (hints.reaction === (await wanted())) return;
  const octokit = await deps.github.forInstallation(spec.installationId);
  hints.reaction = await untilAgreed(wanted, (reaction) => reactTo(octokit, spec.repository, spec.origin, reaction));
  await deps.store.remember(spec.id, hints);
}

async function showLabel(deps: ShowDeps, { task, hints }: Showing): Promise<undefined> {
  const { spec } = task;
  const wanted = async () => labelOf(await tasksOfIssue(deps, task));
  if (hints.label === (await wanted())) return;
  const octokit = await deps.github.forInstallation(spec.installationId);
  hints.label = await untilAgreed(wanted, (label) => ensureLabel(octokit, spec, label));
  await deps.store.remember(spec.id, hints);
}

async function showChecks(deps: ShowDeps, { task, view, hints, around }: Showing): Promise<undefined> {
  const hash = hashOf(view.checks);
  if (view.checks.length === 0 || hints.checksHash === hash) return;
  const { repository, number } = task.spec;
  const page = `${around.webUrl}/${repository.owner}/${repository.name}/issues/${number}`;
  const detailsUrl = hints.commentId === undefined ? page : `${page}#issuecomment-${hints.commentId}`;
  for (const check of view.checks) await ensureCheckRun(deps.github, task, check, detailsUrl);
  hints.checksHash = hash;
  await deps.store.remember(task.spec.id, hints);
}
