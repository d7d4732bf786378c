/**
 * The work of a task, where it stands on GitHub already though nobody has said so: its host died between the push and the
 * word of it, or the answer to the push was lost. A branch counts when its tip is ours: written and committed by the bot's
 * user, with the task's id in its trailer. Whoever can forge that can push there anyway.
 */
import { emailOf } from "../app-identity.ts";
import { classify, type GitHub, type Octokit } from "../github.ts";
import { baseOf, branchOf, spareBranchOf, startRefOf } from "../task/branch.ts";
import type { Pushed, Task } from "../task/task.ts";
import type { TaskSpec } from "../task/task-spec.ts";

type Place = { owner: string; repo: string };

/** What is asked for, and what its runs have said of the work. */
export type Sought = Pick<Task, "spec" | "runs">;

/** Undefined when none of its branches has it. Throws what GitHub answers. */
export async function findPushed(github: GitHub, { spec, runs }: Sought): Promise<Pushed | undefined> {
  const octokit = await github.forInstallation(spec.installationId);
  const bot = emailOf(await github.appIdentity(spec.installationId));
  for (const branch of [branchOf(spec), spareBranchOf(spec)]) {
    const tip = await ownTip(octokit, spec, { branch, bot });
    if (tip) return { ...(await pushedAs(octokit, spec, { branch, sha: tip.sha })), ...stoppedIn(runs, tip.message) };
  }
  return undefined;
}

async function ownTip(
  octokit: Octokit,
  spec: TaskSpec,
  { branch, bot }: { branch: string; bot: string },
): Promise<{ sha: string; message: string } | undefined> {
  try {
    const { data } = await octokit.rest.repos.getCommit({ ...placeOf(spec), ref: `heads/${branch}` });
    const { author, committer, message } = data.commit;
    const isOurs = author?.email === bot && committer?.email === bot && isOfTask(message, spec.id);
    return isOurs ? { sha: data.sha, message } : undefined;
  } catch (error) {
    // 422: GitHub knows no commit by that name.
    if (classify(error) === "gone" || classify(error) === "invalid") return undefined;
    throw error;
  }
}

/** Trailers stand last. */
const isOfTask = (message: string, id: string) =>
  message.split("\n\n").at(-1)?.split("\n").includes(`Orch-Task: ${id}`);

/** The work of an agent that was stopped is never offered as if it were done: the run that made the commit has said so. */
function stoppedIn(runs: Task["runs"], message: string): Pick<Pushed, "stopped"> {
  const epoch = Number(/^Orch-Epoch: (\d{1,9})$/m.exec(message.split("\n\n").at(-1) ?? "")?.[1]);
  // One that its host went on with has a later number by now.
  const stopped = runs.find(({ number }) => number >= epoch)?.progress.stopped;
  return stopped ? { stopped } : {};
}

async function pushedAs(
  octokit: Octokit,
  spec: TaskSpec,
  { branch, sha }: { branch: string; sha: string },
): Promise<Pushed> {
  const { target } = spec;
  const from = target.kind === "pull" ? target.headSha : startRefOf(spec);
  const { data } = await octokit.rest.repos.compareCommitsWithBasehead({
    ...placeOf(spec),
    basehead: `${from}...${sha}`,
  });
  const files = data.files ?? [];
  const isSpare = branch !== branchOf(spec);
  const base = target.kind === "pull" && isSpare ? target.headRef : baseOf(spec);
  const sum = (what: "additions" | "deletions") => files.reduce((total, file) => total + file[what], 0);
  return {
    branch,
    sha,
    base,
    files: files.length,
    additions: sum("additions"),
    deletions: sum("deletions"),
    commits: data.commits.filter(({ commit }) => isOfTask(commit.message, spec.id)).length,
    ...(isSpare && { insteadOf: branchOf(spec) }),
  };
}

const placeOf = ({ repository }: TaskSpec): Place => ({ owner: repository.owner, repo: repository.name });
