/** Issues, comments, labels and reactions as GitHub's JSON. */
import type { Account, Comment, Issue, Label, Reaction, Repository } from "../store/model.ts";
import { commentsOf } from "../store/store.ts";
import type { Schemas, World } from "../world.ts";
import { integration, nodeId, user } from "./account.ts";
import { apiUrl, pageUrl } from "./repository.ts";

export function association(repo: Repository, account: Account): Schemas["author-association"] {
  if (account.id === repo.owner.id) return "OWNER";
  return repo.roles.has(account.id) ? "COLLABORATOR" : "NONE";
}

export function label(world: World, repo: Repository, each: Label): Schemas["label"] {
  return {
    id: each.id,
    node_id: nodeId("LA", each.id),
    url: `${apiUrl(world, repo)}/labels/${encodeURIComponent(each.name)}`,
    name: each.name,
    color: each.color,
    default: false,
    description: each.description ?? null,
  };
}

export function reaction(world: World, each: Reaction): Schemas["reaction"] {
  return {
    id: each.id,
    node_id: nodeId("REA", each.id),
    user: user(world, each.user),
    content: each.content,
    created_at: each.createdAt,
  };
}

export function rollup(url: string, reactions: readonly Reaction[]): Schemas["reaction-rollup"] {
  const count = (content: Reaction["content"]) => reactions.filter((each) => each.content === content).length;
  return {
    url: `${url}/reactions`,
    total_count: reactions.length,
    "+1": count("+1"),
    "-1": count("-1"),
    laugh: count("laugh"),
    hooray: count("hooray"),
    confused: count("confused"),
    heart: count("heart"),
    rocket: count("rocket"),
    eyes: count("eyes"),
  };
}

/** Where the page of an issue or pull request is. */
export const issuePage = (world: World, repo: Repository, issue: Issue): string =>
  `${pageUrl(world, repo)}/${issue.pull ? "pull" : "issues"}/${issue.number}`;

type CommentJson = Schemas["issue-comment"] & {
  body: string;
  performed_via_github_app: Schemas["nullable-integration"];
};

export function comment(world: World, repo: Repository, each: Comment): CommentJson {
  const issue = repo.issues.get(each.number);
  const url = `${apiUrl(world, repo)}/issues/comments/${each.id}`;
  return {
    url,
    html_url: `${issue ? issuePage(world, repo, issue) : pageUrl(world, repo)}#issuecomment-${each.id}`,
    issue_url: `${apiUrl(world, repo)}/issues/${each.number}`,
    id: each.id,
    node_id: nodeId("IC", each.id),
    user: user(world, each.user),
    created_at: each.createdAt,
    updated_at: each.updatedAt,
    body: each.body,
    author_association: association(repo, each.user),
    reactions: rollup(url, each.reactions),
    performed_via_github_app: each.viaApp ? integration(world) : null,
  };
}

function pullLinks(world: World, repo: Repository, issue: Issue) {
  const page = issuePage(world, repo, issue);
  return {
    url: `${apiUrl(world, repo)}/pulls/${issue.number}`,
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    merged_at: issue.pull?.mergedAt ?? null,
  };
}

export function issue(world: World, repo: Repository, each: Issue): Schemas["issue"] {
  const url = `${apiUrl(world, repo)}/issues/${each.number}`;
  return {
    url,
    repository_url: apiUrl(world, repo),
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    timeline_url: `${url}/timeline`,
    html_url: issuePage(world, repo, each),
    id: each.id,
    node_id: each.pull ? nodeId("PR", each.pull.id) : nodeId("I", each.id),
    number: each.number,
    title: each.title,
    user: user(world, each.user),
    labels: each.labels.map((one) => label(world, repo, one)),
    state: each.state,
    state_reason: each.stateReason ?? null,
    locked: each.locked !== undefined,
    active_lock_reason: each.locked?.reason ?? null,
    assignee: each.assignees[0] ? user(world, each.assignees[0]) : null,
    assignees: each.assignees.map((one) => user(world, one)),
    milestone: null,
    comments: commentsOf(repo, each.number).length,
    created_at: each.createdAt,
    updated_at: each.updatedAt,
    closed_at: each.closedAt ?? null,
    author_association: association(repo, each.user),
    body: each.body ?? null,
    reactions: rollup(url, each.reactions),
    performed_via_github_app: each.viaApp ? integration(world) : null,
    ...(each.pull ? { draft: each.pull.draft, pull_request: pullLinks(world, repo, each) } : {}),
  };
}
