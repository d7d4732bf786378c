/** Where a request's work starts and goes, as GitHub shows the issue or pull request now; or why it cannot start. */
import { classify, type Octokit } from "../github.ts";
import type { Target } from "../task/task.ts";
import type { Request } from "./request.ts";

export type FoundTarget =
  | { kind: "ready"; title: string; target: Target }
  | Closed
  | { kind: "fork" }
  /** The pull request's own branch is the default branch: pushing to it would go past every review. */
  | { kind: "from_default"; branch: string };
/** `goneBranch`: the pull request's branch, when that was deleted, which is a way of closing it. */
type Closed = { kind: "closed"; goneBranch?: string };

export async function findTarget(octokit: Octokit, request: Request): Promise<FoundTarget> {
  const { owner, name: repo, defaultBranch } = request.repository;
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

type Head = { ref: string; repo: { id: number } | null };

async function closedPull(octokit: Octokit, request: Request, head: Head): Promise<Closed> {
  const { id, owner, name: repo } = request.repository;
  if (head.repo?.id !== id) return { kind: "closed" };
  try {
    await octokit.rest.git.getRef({ owner, repo, ref: `heads/${head.ref}` });
    return { kind: "closed" };
  } catch (error) {
    if (classify(error) !== "gone") throw error;
    return { kind: "closed", goneBranch: head.ref };
  }
}
