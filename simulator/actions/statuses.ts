/** Commit statuses: what anybody with the right says about a commit, with its event. */
import { git } from "../git/git.ts";
import { readCommit } from "../git/history.ts";
import { ApiError, invalid } from "../routes/reply.ts";
import { commit as commitJson } from "../serialise/commit.ts";
import { apiUrl } from "../serialise/repository.ts";
import { status as statusJson } from "../serialise/status.ts";
import type { Repository, Status } from "../store/model.ts";
import { fullName, timestamp } from "../store/store.ts";
import { emit, listener } from "../webhooks/emit.ts";
import type { World } from "../world.ts";
import type { By } from "./by.ts";

/** GitHub's limits: statuses of one commit and context, and characters of a description. */
const mostStatuses = 1_000;
const maxDescription = 140;

export type SaidStatus = Pick<Status, "state" | "description" | "targetUrl"> & { context?: string };

function check(repo: Repository, sha: string, context: string, { description, targetUrl }: SaidStatus): void {
  if ((description?.length ?? 0) > maxDescription)
    throw invalid("Status", "description", `description is too long (maximum is ${maxDescription} characters)`);
  if (targetUrl && !/^https?:\/\//.test(targetUrl))
    throw invalid("Status", "target_url", "target_url must use http(s) scheme");
  if (repo.statuses.filter((each) => each.sha === sha && each.context === context).length >= mostStatuses)
    throw new ApiError(422, "This SHA and context has reached the maximum number of statuses.");
}

/** @param sha of a commit that exists */
export async function addStatus(
  world: World,
  repo: Repository,
  by: By,
  sha: string,
  said: SaidStatus,
): Promise<Status> {
  const { state, context = "default", description, targetUrl } = said;
  check(repo, sha, context, said);
  const id = world.store.nextId("status");
  const status: Status = {
    id,
    sha,
    state,
    context,
    description,
    targetUrl,
    creator: by.account,
    createdAt: timestamp(),
  };
  repo.statuses.push(status);
  await emitStatus(world, repo, status, by);
  return status;
}

/** The branches on which the commit is the tip. */
async function branchesAt(world: World, repo: Repository, sha: string) {
  const args = ["for-each-ref", "--format=%(refname:lstrip=2)", `--points-at=${sha}`, "refs/heads/"];
  const names = (await git(repo.dir, args)).split("\n").filter(Boolean);
  const commit = { sha, url: `${apiUrl(world, repo)}/commits/${sha}` };
  return names.map((name) => ({ name, commit, protected: false }));
}

async function emitStatus(world: World, repo: Repository, status: Status, by: By): Promise<void> {
  if (!listener(world, repo, "status")) return;
  const { url: _, node_id: __, creator: ___, ...told } = statusJson(world, repo, status);
  const { sha } = status;
  const payload = {
    ...told,
    sha,
    name: fullName(repo),
    commit: commitJson(world, repo, await readCommit(repo.dir, sha)),
    branches: await branchesAt(world, repo, sha),
  };
  emit(world, repo, "status", payload, by.account);
}
