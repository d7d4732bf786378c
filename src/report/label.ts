/**
 * The label of an issue or pull request: exactly one of ours, for all of its tasks together. While any task is open it
 * is `orch:running`; then the newest task's end decides. To GitHub `Orch:Running` is the same label, so it is to us.
 */
import type { Octokit } from "../github.ts";
import type { Task } from "../task/task.ts";
import { isAbsent, type Thread } from "./own-comment.ts";

export const LABELS = {
  "orch:running": { color: "fbca04", description: "An agent works on this" },
  "orch:done": { color: "0e8a16", description: "The agent's work became a pull request" },
  "orch:failed": { color: "d93f0b", description: "The agent's work did not become a pull request" },
} as const;

export type Label = keyof typeof LABELS;

/** How GitHub makes a label that is only added. */
const UNTOUCHED = "ededed";

/** The label for an issue's tasks, oldest first, or undefined without any. */
export function labelOf(tasks: readonly Task[]): Label | undefined {
  if (tasks.some(({ state }) => state.name !== "settled")) return "orch:running";
  const newest = tasks.at(-1)?.state;
  if (newest?.name !== "settled") return undefined;
  return newest.outcome.kind === "pull_request" ? "orch:done" : "orch:failed";
}

/**
 * Sets the label and removes our others. Where the repository had none of this name GitHub makes one, grey and without a
 * word: that gets its colour.
 */
export async function ensureLabel(octokit: Octokit, thread: Thread, label: Label): Promise<void> {
  const repository = { owner: thread.repository.owner, repo: thread.repository.name };
  const issue = { ...repository, issue_number: thread.number };
  // The answer has all labels of the issue.
  const { data: labels } = await octokit.rest.issues.addLabels({ ...issue, labels: [label] });
  for (const { name, color, description } of labels) {
    const ours = nameOf(name);
    if (ours === label && color === UNTOUCHED && !description)
      await octokit.rest.issues.updateLabel({ ...repository, name, ...LABELS[label] });
    if (ours !== undefined && ours !== label) await removeLabel(octokit, { ...issue, name });
  }
}

function nameOf(name: string): Label | undefined {
  const lower = name.toLowerCase();
  return (Object.keys(LABELS) as Label[]).find((label) => label === lower);
}

async function removeLabel(
  octokit: Octokit,
  label: { owner: string; repo: string; issue_number: number; name: string },
): Promise<void> {
  await octokit.rest.issues.removeLabel(label).catch((error: unknown) => {
    if (!isAbsent(error)) throw error;
  });
}
