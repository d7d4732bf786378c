/** Repositories as GitHub's JSON: one shape that satisfies full, minimal, simple and webhook schemas alike. */

import type { Repository } from "../store/model.ts";
import { fullName } from "../store/store.ts";
import type { Schemas, World } from "../world.ts";
import { nodeId, user } from "./account.ts";

export const apiUrl = (world: World, repo: Repository): string => `${world.url}/api/v3/repos/${fullName(repo)}`;
export const pageUrl = (world: World, repo: Repository): string => `${world.url}/${fullName(repo)}`;

/** The templates and addresses below a repository. */
function links(world: World, repo: Repository) {
  const url = apiUrl(world, repo);
  const git = `${pageUrl(world, repo)}.git`;
  return {
    url,
    html_url: pageUrl(world, repo),
    archive_url: `${url}/{archive_format}{/ref}`,
    assignees_url: `${url}/assignees{/user}`,
    blobs_url: `${url}/git/blobs{/sha}`,
    branches_url: `${url}/branches{/branch}`,
    collaborators_url: `${url}/collaborators{/collaborator}`,
    comments_url: `${url}/comments{/number}`,
    commits_url: `${url}/commits{/sha}`,
    compare_url: `${url}/compare/{base}...{head}`,
    contents_url: `${url}/contents/{+path}`,
    contributors_url: `${url}/contributors`,
    deployments_url: `${url}/deployments`,
    downloads_url: `${url}/downloads`,
    events_url: `${url}/events`,
    forks_url: `${url}/forks`,
    git_commits_url: `${url}/git/commits{/sha}`,
    git_refs_url: `${url}/git/refs{/sha}`,
    git_tags_url: `${url}/git/tags{/sha}`,
    hooks_url: `${url}/hooks`,
    issue_comment_url: `${url}/issues/comments{/number}`,
    issue_events_url: `${url}/issues/events{/number}`,
    issues_url: `${url}/issues{/number}`,
    keys_url: `${url}/keys{/key_id}`,
    labels_url: `${url}/labels{/name}`,
    languages_url: `${url}/languages`,
    merges_url: `${url}/merges`,
    milestones_url: `${url}/milestones{/number}`,
    notifications_url: `${url}/notifications{?since,all,participating}`,
    pulls_url: `${url}/pulls{/number}`,
    releases_url: `${url}/releases{/id}`,
    stargazers_url: `${url}/stargazers`,
    statuses_url: `${url}/statuses/{sha}`,
    subscribers_url: `${url}/subscribers`,
    subscription_url: `${url}/subscription`,
    tags_url: `${url}/tags`,
    teams_url: `${url}/teams`,
    trees_url: `${url}/git/trees{/sha}`,
    git_url: git.replace(/^http/, "git"),
    ssh_url: `git@127.0.0.1:${fullName(repo)}.git`,
    clone_url: git,
    svn_url: pageUrl(world, repo),
    mirror_url: null,
  };
}

export type RepositoryJson = Schemas["full-repository"] & Schemas["repository"] & Schemas["minimal-repository"];

export function repository(world: World, repo: Repository): RepositoryJson {
  const openIssues = [...repo.issues.values()].filter((issue) => issue.state === "open").length;
  const forks = [...world.store.repositories.values()].filter((each) => each.parentId === repo.id).length;
  return {
    id: repo.id,
    node_id: nodeId("R", repo.id),
    name: repo.name,
    full_name: fullName(repo),
    private: repo.private,
    owner: user(world, repo.owner),
    description: null,
    fork: repo.parentId !== undefined,
    ...links(world, repo),
    homepage: null,
    language: null,
    forks_count: forks,
    forks,
    stargazers_count: 0,
    watchers_count: 0,
    watchers: 0,
    size: 1,
    default_branch: repo.defaultBranch,
    open_issues_count: openIssues,
    open_issues: openIssues,
    is_template: false,
    topics: [],
    has_issues: true,
    has_projects: false,
    has_wiki: false,
    has_pages: false,
    has_downloads: true,
    has_discussions: false,
    archived: repo.archived,
    disabled: false,
    visibility: repo.private ? "private" : "public",
    pushed_at: repo.pushedAt,
    created_at: repo.createdAt,
    updated_at: repo.updatedAt,
    allow_forking: true,
    web_commit_signoff_required: false,
    license: null,
    subscribers_count: 0,
    network_count: forks,
  };
}

/** The few fields that `installation` events give of each repository. */
export const repositoryStub = (repo: Repository) => ({
  id: repo.id,
  node_id: nodeId("R", repo.id),
  name: repo.name,
  full_name: fullName(repo),
  private: repo.private,
});
