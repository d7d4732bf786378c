/** Commits, files and branches as GitHub's JSON. */
import type { CommitInfo, FileDiff } from "../git/history.ts";
import type { Account, Repository } from "../store/model.ts";
import type { Schemas, World } from "../world.ts";
import { nodeId, user } from "./account.ts";
import { apiUrl, pageUrl } from "./repository.ts";

/** The account that GitHub links by the noreply address, if any. */
function accountOfEmail(world: World, email: string): Account | undefined {
  const id = /^(\d+)\+.+@users\.noreply\.github\.com$/.exec(email)?.[1];
  return id === undefined ? undefined : world.store.accounts.get(Number(id));
}

const unsigned = { verified: false, reason: "unsigned", signature: null, payload: null, verified_at: null };

export function commit(world: World, repo: Repository, each: CommitInfo): Schemas["commit"] {
  const url = `${apiUrl(world, repo)}/commits/${each.sha}`;
  const author = accountOfEmail(world, each.author.email);
  const committer = accountOfEmail(world, each.committer.email);
  return {
    sha: each.sha,
    node_id: nodeId("C", each.sha),
    commit: {
      author: each.author,
      committer: each.committer,
      message: each.message,
      tree: { sha: each.tree, url: `${apiUrl(world, repo)}/git/trees/${each.tree}` },
      url: `${apiUrl(world, repo)}/git/commits/${each.sha}`,
      comment_count: 0,
      verification: unsigned,
    },
    url,
    html_url: `${pageUrl(world, repo)}/commit/${each.sha}`,
    comments_url: `${url}/comments`,
    author: author ? user(world, author) : null,
    committer: committer ? user(world, committer) : null,
    parents: each.parents.map((sha) => ({
      sha,
      url: `${apiUrl(world, repo)}/commits/${sha}`,
      html_url: `${pageUrl(world, repo)}/commit/${sha}`,
    })),
  };
}

export function gitCommit(world: World, repo: Repository, each: CommitInfo): Schemas["git-commit"] {
  const api = apiUrl(world, repo);
  return {
    sha: each.sha,
    node_id: nodeId("C", each.sha),
    url: `${api}/git/commits/${each.sha}`,
    html_url: `${pageUrl(world, repo)}/commit/${each.sha}`,
    author: each.author,
    committer: each.committer,
    tree: { sha: each.tree, url: `${api}/git/trees/${each.tree}` },
    message: each.message,
    parents: each.parents.map((sha) => ({
      sha,
      url: `${api}/git/commits/${sha}`,
      html_url: `${pageUrl(world, repo)}/commit/${sha}`,
    })),
    verification: unsigned,
  };
}

export function diffEntry(world: World, repo: Repository, sha: string, file: FileDiff): Schemas["diff-entry"] {
  const path = file.filename.split("/").map(encodeURIComponent).join("/");
  return {
    sha: file.sha,
    filename: file.filename,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${pageUrl(world, repo)}/blob/${sha}/${path}`,
    raw_url: `${pageUrl(world, repo)}/raw/${sha}/${path}`,
    contents_url: `${apiUrl(world, repo)}/contents/${path}?ref=${sha}`,
    ...(file.patch === undefined ? {} : { patch: file.patch }),
    ...(file.previousFilename === undefined ? {} : { previous_filename: file.previousFilename }),
  };
}

/** `head_commit` of pushes and check suites. */
export function simpleCommit(each: CommitInfo): Schemas["simple-commit"] {
  return {
    id: each.sha,
    tree_id: each.tree,
    message: each.message,
    timestamp: each.committer.date,
    author: { name: each.author.name, email: each.author.email },
    committer: { name: each.committer.name, email: each.committer.email },
  };
}
