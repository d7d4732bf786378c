/** Whether there is anything to work on: a repository without a commit has no branch to start from, not even the default one. */
import { classify, type GitHub, type Octokit } from "../github.ts";
import type { TokenResponse } from "../task/host-api.ts";
import type { TaskSpec } from "../task/task-spec.ts";
import { Refused } from "./refused.ts";

/** Asks only where none of the branches that a run starts from was found. Throws Refused, and what GitHub answers. */
export async function checkNotEmpty(github: GitHub, spec: TaskSpec, tips: TokenResponse["tips"]): Promise<void> {
  if (tips === undefined || Object.keys(tips).length > 0) return;
  if (await isEmpty(await github.forInstallation(spec.installationId), spec))
    throw new Refused("empty_repository", "The repository has no commits yet: push a first one, then ask again.");
}

async function isEmpty(octokit: Octokit, { repository, target }: TaskSpec): Promise<boolean> {
  const place = { owner: repository.owner, repo: repository.name };
  try {
    await octokit.rest.git.getRef({ ...place, ref: `heads/${target.defaultBranch}` });
    return false;
  } catch (error) {
    if ((error as { status?: unknown }).status === 409) return true;
    if (classify(error) !== "gone") throw error;
    return false;
  }
}
