/** Commit statuses as GitHub's JSON, and what follows from several of them. */
import type { Repository, Status } from "../store/model.ts";
import type { Schemas, World } from "../world.ts";
import { nodeId, user } from "./account.ts";
import { apiUrl } from "./repository.ts";

export function status(world: World, repo: Repository, each: Status): Schemas["status"] {
  return {
    url: `${apiUrl(world, repo)}/statuses/${each.sha}`,
    avatar_url: user(world, each.creator).avatar_url,
    id: each.id,
    node_id: nodeId("SC", each.id),
    state: each.state,
    description: each.description ?? null,
    target_url: each.targetUrl ?? null,
    context: each.context,
    created_at: each.createdAt,
    updated_at: each.createdAt,
    creator: user(world, each.creator),
  };
}

/** Newest first. */
export const statusesOf = (repo: Repository, sha: string): Status[] =>
  repo.statuses.filter((each) => each.sha === sha).reverse();

/** The latest status of each context. */
export function latestStatuses(repo: Repository, sha: string): Status[] {
  const all = statusesOf(repo, sha);
  return all.filter((each, at) => all.findIndex((one) => one.context === each.context) === at);
}

/** The worst of the latest; a commit without any is pending. */
export function combinedState(latest: readonly Status[]): "failure" | "pending" | "success" {
  if (latest.some((each) => each.state === "failure" || each.state === "error")) return "failure";
  return latest.length === 0 || latest.some((each) => each.state === "pending") ? "pending" : "success";
}
