/**
 * Where a program's request goes: a repository of its token, as GitHub shows it now, and the issue or pull request that it names. A
 * repository is known by its id: somebody who takes its name later gets nothing.
 */
import { classify, type GitHub, type Octokit } from "../github.ts";
import type { Request } from "../intake/request.ts";
import { Problem } from "./problem.ts";
import type { Caller, CallerRepository } from "./tokens.ts";

export type Place = Pick<Request, "installationId" | "repository">;
export type PlaceOnIssue = Pick<Request, "number" | "on">;

/** `name`: `owner/name`; none: the only one that the token is good for. Throws Problem. */
export async function findRepository(github: GitHub, caller: Caller, name: string | undefined): Promise<Place> {
  const bound = boundTo(caller, name);
  return (await lookAt(github, bound, bound.installationId)) ?? (await lookAnew(github, bound));
}

function boundTo({ repositories }: Caller, name: string | undefined): CallerRepository {
  const [only, ...others] = repositories;
  if (name === undefined && only && others.length === 0) return only;
  const names = repositories.map(({ owner, name: repo }) => `${owner}/${repo}`);
  if (name === undefined) throw new Problem("invalid", `repository is missing: one of ${names.join(", ")}`);
  const found = repositories.find(({ owner, name: repo }) => `${owner}/${repo}`.toLowerCase() === name.toLowerCase());
  if (!found) throw new Problem("forbidden", `This token is good for ${names.join(", ")} only.`);
  return found;
}

/** The App may have been installed anew since the token was made. */
async function lookAnew(github: GitHub, bound: CallerRepository): Promise<Place> {
  const { owner, name: repo } = bound;
  const app = await github.forApp();
  const id = await orGone(async () => (await app.rest.apps.getRepoInstallation({ owner, repo })).data.id);
  const place = id === undefined ? undefined : await lookAt(github, bound, id);
  if (place) return place;
  throw new Problem("not_found", `The GitHub App does not reach ${owner}/${repo}: is it still installed there?`);
}

async function lookAt(github: GitHub, bound: CallerRepository, installationId: number): Promise<Place | undefined> {
  const octokit = await github.forInstallation(installationId);
  const asked = { owner: bound.owner, repo: bound.name };
  const data = await orGone(async () => (await octokit.rest.repos.get(asked)).data);
  if (data?.id !== bound.id) return undefined;
  const { id, owner, name, default_branch: defaultBranch } = data;
  return { installationId, repository: { id, owner: owner.login, name, defaultBranch } };
}

/** Throws Problem. */
export async function findIssue(
  github: GitHub,
  { installationId, repository }: Place,
  number: number,
): Promise<PlaceOnIssue> {
  const octokit = await github.forInstallation(installationId);
  const data = await orGone(async () => await issueOf(octokit, repository, number));
  // One that was transferred is another repository's.
  const here = `/repos/${repository.owner}/${repository.name}`.toLowerCase();
  if (!data?.repository_url.toLowerCase().endsWith(here))
    throw new Problem(
      "not_found",
      `${repository.owner}/${repository.name} has no issue and no pull request ${number}.`,
    );
  return { number, on: data.pull_request ? "pull" : "issue" };
}

async function issueOf(octokit: Octokit, { owner, name: repo }: Place["repository"], number: number) {
  return (await octokit.rest.issues.get({ owner, repo, issue_number: number })).data;
}

/** Undefined where GitHub does not show it to us. Throws Problem where asking again may help. */
async function orGone<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    switch (classify(error)) {
      case "unavailable":
      case "rate_limited":
        throw new Problem("unavailable", "GitHub does not answer: ask again under the same key.", {
          retryAfterS: 10,
          cause: error,
        });
      default:
        return undefined;
    }
  }
}
