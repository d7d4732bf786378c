/**
 * The label of an issue or pull request: exactly one of ours, for all of its tasks together. While any task is open it
 * is `orch:running`; then the newest task's end decides. To GitHub `Orch:Running` is the same label, so it is to us.
 */
import { classify, type Octokit } from "../github.ts";
import { ASKING_LOOKS, type AskingLabels, isSameLabel, STATE_LABELS, type StateLabel } from "../task/labels.ts";
import type { Task } from "../task/task.ts";
import { isAbsent, type Thread } from "./own-comment.ts";

/** The one that every repository has first. */
const FIRST: StateLabel = "orch:running";
/** How GitHub makes a label that is only added. */
const UNTOUCHED = "ededed";

/** The label for an issue's tasks, oldest first, or undefined without any. */
export function labelOf(tasks: readonly Task[]): StateLabel | undefined {
  if (tasks.some(({ state }) => state.name !== "settled")) return "orch:running";
  const newest = tasks.at(-1)?.state;
  if (newest?.name !== "settled") return undefined;
  const { kind } = newest.outcome;
  return kind === "pull_request" || kind === "reviewed" ? "orch:done" : "orch:failed";
}

/**
 * Sets the label and removes our others. Where the repository had none of this name GitHub makes one, grey and without a
 * word: that gets its colour, and the repository the labels by which people may ask.
 */
export async function ensureLabel(
  octokit: Octokit,
  thread: Thread,
  label: StateLabel,
  asking: AskingLabels,
): Promise<void> {
  const repository = { owner: thread.repository.owner, repo: thread.repository.name };
  const issue = { ...repository, issue_number: thread.number };
  // The answer has all labels of the issue.
  const { data: labels } = await octokit.rest.issues.addLabels({ ...issue, labels: [label] });
  for (const { name, color, description } of labels) {
    const ours = nameOf(name);
    if (ours === label && color === UNTOUCHED && !description) {
      if (label === FIRST) await makeAskingLabels(octokit, repository, asking);
      // Last, so that whoever dies before this does both again.
      await octokit.rest.issues.updateLabel({ ...repository, name, ...STATE_LABELS[label] });
    }
    if (ours !== undefined && ours !== label) await removeLabel(octokit, { ...issue, name });
  }
}

/** One of that name that is there already is somebody's: it stays as it is. */
async function makeAskingLabels(octokit: Octokit, repository: { owner: string; repo: string }, asking: AskingLabels) {
  for (const what of ["run", "review", "retry", "cancel"] as const) {
    await octokit.rest.issues
      .createLabel({ ...repository, name: asking[what], ...ASKING_LOOKS[what] })
      .catch((error: unknown) => {
        if (classify(error) !== "invalid") throw error;
      });
  }
}

const nameOf = (name: string): StateLabel | undefined =>
  (Object.keys(STATE_LABELS) as StateLabel[]).find((label) => isSameLabel(label, name));

/** One that is not there any more is as good as removed. */
export async function removeLabel(
  octokit: Octokit,
  label: { owner: string; repo: string; issue_number: number; name: string },
): Promise<void> {
  await octokit.rest.issues.removeLabel(label).catch((error: unknown) => {
    if (!isAbsent(error)) throw error;
  });
}
