/**
 * What would only be found at the end, when an agent has worked for an hour, is looked for at a run's beginning: may the App do
 * what a run does at its end, and is there anything to work on? Where all is well that costs one request in ten minutes.
 */
import { classify, type GitHub, type Octokit } from "../github.ts";
import type { TokenResponse } from "../task/host-api.ts";
import type { TaskSpec } from "../task/task.ts";
import { Refused } from "./refused.ts";

/** To push, and to open the pull request. */
const NEEDED = ["contents", "pull_requests"] as const;

/** Throws Refused with a sentence for the person, and what GitHub answers. */
export async function lookAtStart(github: GitHub, spec: TaskSpec, tips: TokenResponse["tips"]): Promise<void> {
  const lacking = await lackingOf(github, spec.installationId);
  if (lacking.length > 0) throw new Refused("not_granted", notGranted(lacking));
  const isUnsure = tips !== undefined && Object.keys(tips).length === 0;
  if (isUnsure && (await isEmpty(await github.forInstallation(spec.installationId), spec)))
    throw new Refused("empty_repository", "The repository has no commits yet: push a first one, then ask again.");
}

/** For a person: what the App may not write. */
export function notGranted(permissions: readonly string[]): string {
  const names = permissions.map((name) => `\`${name}: write\``).join(" and ");
  return `The GitHub App lacks the permission ${names} here. Whoever owns the repository can grant it in the settings of the App's installation.`;
}

/** Installations that lacked nothing, by when (monotonic, ms). */
const complete = new WeakMap<GitHub, Map<number, number>>();
const REMEMBER_MS = 10 * 60_000;

async function lackingOf(github: GitHub, installationId: number): Promise<string[]> {
  const known = complete.get(github) ?? new Map<number, number>();
  complete.set(github, known);
  const seenAt = known.get(installationId);
  if (seenAt !== undefined && performance.now() - seenAt < REMEMBER_MS) return [];
  const app = await github.forApp();
  const { data } = await app.rest.apps.getInstallation({ installation_id: installationId });
  const permissions = data.permissions as Record<string, string | undefined>;
  const lacking = NEEDED.filter((name) => permissions[name] !== "write");
  if (lacking.length === 0) known.set(installationId, performance.now());
  return lacking;
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
