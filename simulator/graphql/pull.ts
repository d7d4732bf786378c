/** Pull requests: branches, commits, and what people and programs say of them. */
import type { GraphQLResolveInfo } from "graphql";
import { listCommits } from "../git/history.ts";
import { nodeId } from "../serialise/account.ts";
import type { PullIssue } from "../serialise/pull.ts";
import type { Repository } from "../store/model.ts";
import { checksOfCommit } from "./checks.ts";
import { connection, type PageArguments } from "./connection.ts";
import { conversation } from "./conversation.ts";
import { reviewNode, reviewsFor, threadNode, threadsFor } from "./reviews.ts";
import type { Scope } from "./scope.ts";
import { accountNode, databaseIds } from "./shared.ts";

/** GitHub tells no more commits of a pull request. */
const mostCommits = 250;

export const commitNode = (scope: Scope, repo: Repository, oid: string) => ({
  __typename: "Commit",
  oid,
  statusCheckRollup: () => checksOfCommit(scope, repo, oid),
});

function autoMerge({ pull }: PullIssue) {
  if (!pull.autoMerge) return null;
  const { enabledAt, enabledBy, method } = pull.autoMerge;
  return { enabledAt, enabledBy: accountNode(enabledBy), mergeMethod: method.toUpperCase() };
}

export function pullNode(scope: Scope, repo: Repository, issue: PullIssue) {
  const { pull } = issue;
  type Info = GraphQLResolveInfo;
  return {
    ...conversation(scope, repo, issue),
    __typename: "PullRequest",
    id: nodeId("PR", pull.id),
    ...databaseIds(pull.id),
    state: pull.mergedAt ? "MERGED" : issue.state.toUpperCase(),
    headRefName: pull.headRef,
    headRefOid: pull.headSha,
    baseRefName: pull.baseRef,
    baseRefOid: pull.baseSha,
    isDraft: pull.draft,
    isCrossRepository: pull.headRepositoryId !== repo.id,
    autoMergeRequest: autoMerge(issue),
    async commits(wanted: PageArguments, _: unknown, info: Info) {
      const newestFirst = await listCommits(repo.dir, `${pull.baseSha}..${pull.headSha}`, mostCommits);
      return connection(newestFirst.reverse(), wanted, info, ({ sha }) => ({ commit: commitNode(scope, repo, sha) }));
    },
    reviews: (wanted: PageArguments, _: unknown, info: Info) =>
      connection(reviewsFor(scope, repo, issue), wanted, info, (each) => reviewNode(scope, repo, each)),
    reviewThreads: (wanted: PageArguments, _: unknown, info: Info) =>
      connection(threadsFor(scope, repo, issue), wanted, info, (each) => threadNode(scope, repo, each)),
  };
}
