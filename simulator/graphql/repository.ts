/** A repository: what it is, the files in it, and its issues and pull requests by number. */
import { isPull } from "../actions/issues.ts";
import { gitOrUndefined } from "../git/git.ts";
import { readBlob } from "../git/history.ts";
import { branchTip } from "../git/repository.ts";
import { read } from "../routes/router.ts";
import { nodeId } from "../serialise/account.ts";
import type { Issue, Repository } from "../store/model.ts";
import { fullName, movedRepository, repositoryByName } from "../store/store.ts";
import { issueNode } from "./conversation.ts";
import { commitNode, pullNode } from "./pull.ts";
import { Refusal } from "./refusal.ts";
import { noRepository, permit, type Scope } from "./scope.ts";

const conversations = read("issues", "pull_requests");
const pulls = read("pull_requests");

function blobNode(oid: string, content: Buffer) {
  const isBinary = content.includes(0);
  return {
    __typename: "Blob",
    oid,
    byteSize: content.length,
    isBinary,
    isTruncated: false,
    text: isBinary ? null : content.toString(),
  };
}

/** What an expression names (`HEAD:path`, a branch, an id), or null. */
async function objectNode(scope: Scope, repo: Repository, wanted: { expression?: string; oid?: string }) {
  permit(scope, repo, read("contents"));
  const expression = wanted.oid ?? wanted.expression;
  if (!expression || expression.startsWith("-")) return null;
  const oid = (
    await gitOrUndefined(repo.dir, ["rev-parse", "--verify", "--quiet", "--end-of-options", expression])
  )?.trim();
  const type = oid && (await gitOrUndefined(repo.dir, ["cat-file", "-t", oid]))?.trim();
  if (!oid || !type) return null;
  if (type === "blob") return blobNode(oid, await readBlob(repo.dir, oid));
  return type === "commit" ? commitNode(scope, repo, oid) : { __typename: type === "tag" ? "Tag" : "Tree", oid };
}

const conversationNode = (scope: Scope, repo: Repository, issue: Issue) =>
  isPull(issue) ? pullNode(scope, repo, issue) : issueNode(scope, repo, issue);

/** The issue or pull request of that number. @throws when there is none of that kind */
function find<T extends Issue>(repo: Repository, number: number, kind: string, isOne: (issue: Issue) => issue is T): T {
  const issue = repo.issues.get(number);
  if (issue && isOne(issue)) return issue;
  throw new Refusal("NOT_FOUND", `Could not resolve to ${kind} with the number of ${number}.`);
}

function repositoryNode(scope: Scope, repo: Repository) {
  type Numbered = { number: number };
  return {
    __typename: "Repository",
    id: nodeId("R", repo.id),
    databaseId: repo.id,
    name: repo.name,
    nameWithOwner: fullName(repo),
    isPrivate: repo.private,
    isArchived: repo.archived,
    defaultBranchRef: async () =>
      (await branchTip(repo.dir, repo.defaultBranch)) ? { name: repo.defaultBranch, prefix: "refs/heads/" } : null,
    object: (wanted: { expression?: string; oid?: string }) => objectNode(scope, repo, wanted),
    issue({ number }: Numbered) {
      permit(scope, repo, conversations);
      return issueNode(
        scope,
        repo,
        find(repo, number, "an Issue", (each): each is Issue => !isPull(each)),
      );
    },
    pullRequest({ number }: Numbered) {
      permit(scope, repo, pulls);
      return pullNode(scope, repo, find(repo, number, "a PullRequest", isPull));
    },
    issueOrPullRequest({ number }: Numbered) {
      permit(scope, repo, conversations);
      const found = find(repo, number, "an issue or pull request", (each): each is Issue => each !== undefined);
      return conversationNode(scope, repo, found);
    },
  };
}

export function repository(scope: Scope, { owner, name }: { owner: string; name: string }) {
  // Asked for by the name that it had before, GitHub gives the one that it has now.
  const repo = repositoryByName(scope.world.store, owner, name) ?? movedRepository(scope.world.store, owner, name);
  if (!repo) throw new Refusal("NOT_FOUND", noRepository(`${owner}/${name}`));
  permit(scope, repo, read("metadata"), noRepository(`${owner}/${name}`));
  return repositoryNode(scope, repo);
}
