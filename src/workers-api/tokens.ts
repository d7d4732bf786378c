/**
 * Tokens for worker hosts: for the current run of a task only, good for its one repository. A token that can push exists
 * only while the run publishes. Before it is made the actor's permission is asked once more, because an agent may have
 * worked for an hour; and there is none at all for a task whose branch is the default branch by now. Where somebody has
 * turned auto-merge on meanwhile the host is told: the work then goes to a branch of its own.
 */
import { classify, type GitHub } from "../github.ts";
import type { Logger } from "../log.ts";
import { mayWrite } from "../permission.ts";
import { branchOf, pullNumberOf } from "../task/branch.ts";
import type { TokenPurpose, TokenResponse } from "../task/host-api.ts";
import type { Phase } from "../task/task.ts";
import type { TaskSpec } from "../task/task-spec.ts";
import { checkNotEmpty } from "./first-commit.ts";
import { checkGranted } from "./granted.ts";
import { Refused, refusedByGitHub } from "./refused.ts";
import { findTips } from "./tips.ts";

export type GiveDeps = { github: GitHub; log: Logger };

/** Throws Refused: whoever has stolen a worker host's secret cannot push by it while agents work. */
export function checkPhase(phase: Phase, purpose: TokenPurpose): void {
  if (purpose === "fetch" || phase === "publishing") return;
  throw new Refused("not_publishing", "This run does not publish yet, so it has nothing to push.");
}

/** Throws Refused. */
export async function giveToken(deps: GiveDeps, spec: TaskSpec, purpose: TokenPurpose): Promise<TokenResponse> {
  const { github } = deps;
  try {
    const [found] = purpose === "push" ? await Promise.all([checkBranch(github, spec), checkActor(github, spec)]) : [];
    const [{ token, expiresAt }, tips] = await Promise.all([
      mint(github, spec, purpose === "push" ? "write" : "read"),
      purpose === "fetch" ? findTips(deps, spec) : undefined,
    ]);
    if (purpose === "fetch") await checkNotEmpty(github, spec, tips);
    const { botLogin: login, botId: id } = await github.appIdentity(spec.installationId);
    const cloneUrl = `${github.server.webUrl}/${spec.repository.owner}/${spec.repository.name}.git`;
    return {
      token,
      expiresAt,
      cloneUrl,
      bot: { login, id },
      ...(tips && { tips }),
      ...(found?.autoMerge && { autoMerge: true }),
    };
  } catch (error) {
    throw error instanceof Refused ? error : refusedByGitHub(error);
  }
}

/** Where the repository asked by itself nobody can have lost a permission. */
async function checkActor(github: GitHub, { installationId, repository, actor }: TaskSpec): Promise<void> {
  if (!actor || (await mayWrite(await github.forInstallation(installationId), repository, actor))) return;
  const message = `@${actor.login} may no longer write to this repository, so the work was not published.`;
  throw new Refused("permission_revoked", message);
}

/** A task's own branch is nobody's default; a pull request's may have become it while the agent worked. */
async function checkBranch(github: GitHub, spec: TaskSpec): Promise<{ autoMerge: boolean }> {
  if (spec.target.kind === "issue") return { autoMerge: false };
  const branch = branchOf(spec);
  const { defaultBranch, autoMerge } = await lookAtTarget(github, spec);
  if (branch !== defaultBranch && branch !== spec.target.defaultBranch) return { autoMerge };
  const message = `\`${branch}\` is the repository's default branch. Orch never pushes there, so the work was not published.`;
  throw new Refused("default_branch", message);
}

/** One request: GitHub shows a pull request with its repository. */
async function lookAtTarget(github: GitHub, spec: TaskSpec) {
  const { installationId, repository, number } = spec;
  const octokit = await github.forInstallation(installationId);
  const pull = { owner: repository.owner, repo: repository.name, pull_number: pullNumberOf(spec) ?? number };
  const { data } = await octokit.rest.pulls.get(pull);
  return { defaultBranch: data.base.repo.default_branch, autoMerge: data.auto_merge !== null };
}

async function mint(github: GitHub, { installationId, repository }: TaskSpec, contents: "read" | "write") {
  try {
    return await github.mintToken({ installationId, repositoryId: repository.id, permissions: { contents } });
  } catch (error) {
    // GitHub's 422 here: the repository is not, or no longer, part of the installation, or may not be had so far.
    if (classify(error) !== "invalid") throw error;
    // A permission was withdrawn since the run began.
    await checkGranted(github, installationId);
    throw new Refused("repository_gone", "The GitHub App has no access to this repository any more.", { cause: error });
  }
}
