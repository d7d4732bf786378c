/**
 * The label of an issue or pull request: exactly one of ours, for all of its tasks together. While any task is open it
 * is `orch:running`; then the newest task's end decides.
 */
import { classify, type Octokit } from "../github.ts";
import type { Task } from "../task/task.ts";
import { isAbsent, type Thread } from "./own-comment.ts";

export const LABELS = {
  "orch:running": { color: "fbca04", description: "An agent works on this" },
  "orch:done": { color: "0e8a16", description: "The agent's work became a pull request" },
  "orch:failed": { color: "d93f0b", description: "The agent's work did not become a pull request" },
} as const;

export type Label = keyof typeof LABELS;

/** The label for an issue's tasks, oldest first, or undefined without any. */
export function labelOf(tasks: readonly Task[]): Label | undefined {
  if (tasks.some(({ state }) => state.name !== "settled")) return "orch:running";
  const newest = tasks.at(-1)?.state;
  if (newest?.name !== "settled") return undefined;
  return newest.outcome.kind === "pull_request" ? "orch:done" : "orch:failed";
}

/** Sets the label, made with its colour where the repository has none, and removes our others. */
export async function ensureLabel(octokit: Octokit, thread: Thread, label: Label): Promise<void> {
  const repository = { owner: thread.repository.owner, repo: thread.repository.name };
  const issue = { ...repository, issue_number: thread.number };
  const labels = await octokit.paginate(octokit.rest.issues.listLabelsOnIssue, { ...issue, per_page: 100 });
  const names = labels.map(({ name }) => name);
  if (!names.includes(label)) {
    await ensureExists(octokit, repository, label);
    await octokit.rest.issues.addLabels({ ...issue, labels: [label] });
  }
  for (const name of names.filter((name) => Object.hasOwn(LABELS, name) && name !== label)) {
    await octokit.rest.issues.removeLabel({ ...issue, name }).catch((error: unknown) => {
      if (!isAbsent(error)) throw error;
    });
  }
}

/** A label that is only added comes out grey and without a word. */
async function ensureExists(octokit: Octokit, repository: { owner: string; repo: string }, name: Label): Promise<void> {
  try {
    await octokit.rest.issues.getLabel({ ...repository, name });
  } catch (error) {
    if (!isAbsent(error)) throw error;
    await octokit.rest.issues.createLabel({ ...repository, name, ...LABELS[name] }).catch((refusal: unknown) => {
      // Somebody else has just created it.
      if (classify(refusal) !== "invalid") throw refusal;
    });
  }
}
