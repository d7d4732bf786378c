/** Where a request's work starts and goes, as GitHub shows the issue or pull request now; or why it cannot start. */
import { classify, type Octokit } from "../github.ts";
import { isOwnPlace } from "../task/own-place.ts";
import type { Target } from "../task/task-spec.ts";
import type { Request } from "./request.ts";

export type FoundTarget =
  | { kind: "ready"; title: string; target: Target }
  | Closed
  | { kind: "fork" }
  /** The pull request's own branch is the default branch: pushing to it would go past every review. */
  | { kind: "from_default"; branch: string };
/** `goneBranch`: the pull request's branch, when that was deleted, which is a way of closing it. */
type Closed = { kind: "closed"; goneBranch?: string };

/** Asks where the work of a request would go, should that have to be known. */
export type Find = () => Promise<{ found: FoundTarget }>;

export async function findTarget(octokit: Octokit, request: Request): Promise<FoundTarget> {
  const { owner, name: repo, defaultBranch } = request.repository;
  // There is nothing to look at but the repository, which whoever asked has looked at.
  if (isOwnPlace(request.number)) return { kind: "ready", title: "", target: { kind: "issue", defaultBranch } };
  if (request.on === "issue") {
    const { data: issue } = await octokit.rest.issues.get({ owner, repo, issue_number: request.number });
    if (issue.state !== "open") return { kind: "closed" };
    return { kind: "ready", title: issue.title, target: { kind: "issue", defaultBranch } };
  }
  const { data: pull } = await octokit.rest.pulls.get({ owner, repo, pull_number: request.number });
  if (pull.state !== "open") return await closedPull(octokit, request, pull.head);
  // A fork that was deleted has no repository at all.
  if (pull.head.repo?.id !== request.repository.id) return { kind: "fork" };
  const { ref: headRef, sha: headSha } = pull.head;
  // The delivery may be older than a change of the setting.
  if (headRef === defaultBranch || headRef === pull.base.repo.default_branch)
    return { kind: "from_default", branch: headRef };
  return {
    kind: "ready",
    title: pull.title,
    target: { kind: "pull", defaultBranch, headRef, headSha, baseRef: pull.base.ref },
  };
}

/** Whether the repository has a branch of exactly this name. */
export async function hasBranch(octokit: Octokit, { repository }: Request, branch: string): Promise<boolean> {
  const { owner, name: repo } = repository;
  try {
    const { data } = await octokit.rest.git.getRef({ owner, repo, ref: `heads/${branch}` });
    return data.ref === `refs/heads/${branch}`;
  } catch (error) {
    // GitHub answers 409 for an empty repository.
    if (classify(error) !== "gone" && (error as { status?: unknown }).status !== 409) throw error;
    return false;
  }
}

type Head = { ref: string; repo: { id: number } | null };

async function closedPull(octokit: Octokit, request: Request, head: Head): Promise<Closed> {
  if (head.repo?.id !== request.repository.id) return { kind: "closed" };
  return (await hasBranch(octokit, request, head.ref)) ? { kind: "closed" } : { kind: "closed", goneBranch: head.ref };
}
