/** Pull requests as GitHub's JSON; every number of the diff is asked from git. */
import { countCommits, diffFiles, mergeBase, mergeTree } from "../git/history.ts";
import type { Issue, Pull, Repository } from "../store/model.ts";
import { commentsOf, reviewCommentsOf } from "../store/store.ts";
import type { Schemas, World } from "../world.ts";
import { nodeId, user } from "./account.ts";
import { association, issue as issueJson, issuePage, label } from "./issue.ts";
import { mergeableState } from "./mergeable.ts";
import { apiUrl, repository } from "./repository.ts";

/** An issue that is known to be a pull request. */
export type PullIssue = Issue & { pull: Pull };

function side(world: World, repo: Repository | undefined, base: Repository, ref: string, sha: string) {
  const shown = repo ?? base; // a deleted fork: GitHub says null, which the bot must never depend on here
  return {
    label: `${shown.owner.login}:${ref}`,
    ref,
    sha,
    user: user(world, shown.owner),
    repo: repository(world, shown),
  };
}

function pullLinks(world: World, repo: Repository, each: PullIssue) {
  const url = `${apiUrl(world, repo)}/pulls/${each.number}`;
  const issueUrl = `${apiUrl(world, repo)}/issues/${each.number}`;
  const statuses = `${apiUrl(world, repo)}/statuses/${each.pull.headSha}`;
  const page = issuePage(world, repo, each);
  return {
    url,
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    issue_url: issueUrl,
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: `${apiUrl(world, repo)}/pulls/comments{/number}`,
    comments_url: `${issueUrl}/comments`,
    statuses_url: statuses,
    _links: {
      self: { href: url },
      html: { href: page },
      issue: { href: issueUrl },
      comments: { href: `${issueUrl}/comments` },
      review_comments: { href: `${url}/comments` },
      review_comment: { href: `${apiUrl(world, repo)}/pulls/comments{/number}` },
      commits: { href: `${url}/commits` },
      statuses: { href: statuses },
    },
  };
}

function autoMerge(world: World, { number, title, pull }: PullIssue): Schemas["auto-merge"] {
  if (!pull.autoMerge) return null;
  const { enabledBy, method } = pull.autoMerge;
  return {
    enabled_by: user(world, enabledBy),
    merge_method: method,
    commit_title: `${title} (#${number})`,
    commit_message: "",
  };
}

/** As in lists. */
export function pullSimple(world: World, repo: Repository, each: PullIssue) {
  const { pull } = each;
  const shared = issueJson(world, repo, each);
  return {
    ...pullLinks(world, repo, each),
    id: pull.id,
    node_id: nodeId("PR", pull.id),
    number: each.number,
    state: each.state,
    locked: shared.locked,
    title: each.title,
    user: user(world, each.user),
    body: each.body ?? null,
    // The list's schema wants a text where the rest of GitHub gives null.
    labels: each.labels.map((one) => ({ ...label(world, repo, one), description: one.description ?? "" })),
    milestone: null,
    active_lock_reason: each.locked?.reason ?? null,
    created_at: each.createdAt,
    updated_at: each.updatedAt,
    closed_at: each.closedAt ?? null,
    merged_at: pull.mergedAt ?? null,
    merge_commit_sha: pull.mergeCommitSha ?? null,
    assignee: shared.assignee,
    assignees: shared.assignees,
    requested_reviewers: [],
    requested_teams: [],
    head: side(world, world.store.repositories.get(pull.headRepositoryId), repo, pull.headRef, pull.headSha),
    base: side(world, repo, repo, pull.baseRef, pull.baseSha),
    author_association: association(repo, each.user),
    auto_merge: autoMerge(world, each),
    draft: pull.draft,
  } satisfies Schemas["pull-request-simple"];
}

/** The tree to which the pull request's own changes are compared. */
export async function pullBase(repo: Repository, pull: Pull): Promise<string> {
  return (await mergeBase(repo.dir, pull.baseSha, pull.headSha)) ?? pull.baseSha;
}

/** As asked for alone and as sent in webhooks. */
export async function pullFull(world: World, repo: Repository, each: PullIssue): Promise<Schemas["pull-request"]> {
  const { pull } = each;
  const open = each.state === "open";
  const [files, commits, tree] = await Promise.all([
    pullBase(repo, pull).then((base) => diffFiles(repo.dir, base, pull.headSha)),
    countCommits(repo.dir, `${pull.baseSha}..${pull.headSha}`),
    open ? mergeTree(repo.dir, pull.baseSha, pull.headSha) : undefined,
  ]);
  const total = (key: "additions" | "deletions") => files.reduce((sum, file) => sum + file[key], 0);
  const mergeable = open ? tree !== undefined : null;
  return {
    ...pullSimple(world, repo, each),
    state: each.state,
    merged: pull.mergedAt !== undefined,
    mergeable,
    rebaseable: mergeable,
    mergeable_state: mergeableState(repo, pull, mergeable),
    merged_by: pull.mergedBy ? user(world, pull.mergedBy) : null,
    comments: commentsOf(repo, each.number).length,
    review_comments: reviewCommentsOf(repo, each.number).length,
    maintainer_can_modify: pull.headRepositoryId !== repo.id,
    commits,
    additions: total("additions"),
    deletions: total("deletions"),
    changed_files: files.length,
  };
}

/** The stub that checks carry. */
export function pullMinimal(world: World, repo: Repository, each: PullIssue): Schemas["pull-request-minimal"] {
  const { pull } = each;
  const place = (shown: Repository) => ({ id: shown.id, url: apiUrl(world, shown), name: shown.name });
  const head = world.store.repositories.get(pull.headRepositoryId) ?? repo;
  return {
    id: pull.id,
    number: each.number,
    url: `${apiUrl(world, repo)}/pulls/${each.number}`,
    head: { ref: pull.headRef, sha: pull.headSha, repo: place(head) },
    base: { ref: pull.baseRef, sha: pull.baseSha, repo: place(repo) },
  };
}
