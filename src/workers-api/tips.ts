/**
 * Where the branches stand that a run starts from, asked of GitHub while the run's token is made: a host whose mirror has
 * them already needs no fetch. It is a hint that saves time, so its failure is told in the log and costs nothing else.
 */
import { classify, type GitHub, type Octokit } from "../github.ts";
import type { Logger } from "../log.ts";
import { startBranchesOf } from "../task/branch.ts";
import type { TokenResponse } from "../task/host-api.ts";
import type { TaskSpec } from "../task/task-spec.ts";

/** A token never waits longer for this, ms; git on the host then finds out by itself. */
const WITHIN_MS = 3_000;

/** Undefined when GitHub did not say it. Never rejects. */
export async function findTips(deps: { github: GitHub; log: Logger }, spec: TaskSpec): Promise<TokenResponse["tips"]> {
  const signal = AbortSignal.timeout(WITHIN_MS);
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
  try {
    // A request that still waits for its turn in the throttle, or for the installation's own token, hears no signal.
    return await Promise.race([askForTips(deps.github, spec, signal), late]);
  } catch (error) {
    deps.log.warn({ err: error, task: spec.id }, "GitHub does not say where the branches stand: the host's git asks");
    return undefined;
  }
}

async function askForTips(github: GitHub, spec: TaskSpec, signal: AbortSignal): Promise<TokenResponse["tips"]> {
  const octokit = await github.forInstallation(spec.installationId);
  const branches = startBranchesOf(spec);
  const tips = await Promise.all(branches.map((branch) => tipOf(octokit, spec, branch, signal)));
  return Object.fromEntries(tips.flatMap((sha, index) => (sha ? [[branches[index], sha]] : [])));
}

/** The full commit id; undefined when there is no branch of exactly this name, or no branch at all. */
async function tipOf(
  octokit: Octokit,
  { repository }: TaskSpec,
  branch: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const place = { owner: repository.owner, repo: repository.name, ref: `heads/${branch}` };
  try {
    const { data } = await octokit.rest.git.getRef({ ...place, request: { signal } });
    return data.ref === `refs/heads/${branch}` ? data.object.sha : undefined;
  } catch (error) {
    if (classify(error) === "gone" || isEmptyRepository(error)) return undefined;
    throw error;
  }
}

const isEmptyRepository = (error: unknown) => (error as { status?: unknown }).status === 409;
