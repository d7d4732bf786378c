/** Reviews, and the threads that their comments on lines make. */
import type { GraphQLResolveInfo } from "graphql";
import { mayRead } from "../auth/permissions.ts";
import { nodeId } from "../serialise/account.ts";
import { pageUrl } from "../serialise/repository.ts";
import type { Issue, Repository, Review, ReviewComment } from "../store/model.ts";
import { reviewCommentsOf, reviewsOf } from "../store/store.ts";
import { connection, type PageArguments } from "./connection.ts";
import type { Scope } from "./scope.ts";
import { accountNode, databaseIds, minimizable, reactable, spoken } from "./shared.ts";

type Thread = { id: number; comments: [ReviewComment, ...ReviewComment[]] };

export const reviewsFor = ({ actor }: Scope, repo: Repository, { number }: Issue): Review[] =>
  reviewsOf(repo, number).filter((each) => mayRead(actor, each));

/** Oldest first. A thread goes on when its first comment was deleted. */
export function threadsFor({ actor }: Scope, repo: Repository, { number }: Issue): Thread[] {
  const threads = new Map<number, Thread>();
  for (const comment of reviewCommentsOf(repo, number)) {
    const review = repo.reviews.get(comment.reviewId);
    if (!review || !mayRead(actor, review)) continue;
    const id = comment.inReplyTo ?? comment.id;
    const thread = threads.get(id);
    if (thread) thread.comments.push(comment);
    else threads.set(id, { id, comments: [comment] });
  }
  return [...threads.values()];
}

const pullPage = ({ world }: Scope, repo: Repository, number: number) => `${pageUrl(world, repo)}/pull/${number}`;

export const reviewNode = (scope: Scope, repo: Repository, each: Review) => ({
  __typename: "PullRequestReview",
  id: nodeId("PRR", each.id),
  ...databaseIds(each.id),
  ...spoken(repo, { ...each, updatedAt: each.submittedAt ?? each.createdAt }),
  ...minimizable(each),
  ...reactable(each),
  state: each.state,
  submittedAt: each.submittedAt ?? null,
  url: `${pullPage(scope, repo, each.number)}#pullrequestreview-${each.id}`,
});

/** A line that is no longer in the diff has no number. */
const lines = ({ outdated, place }: ReviewComment) => ({
  path: place.path,
  line: outdated ? null : place.line,
  startLine: outdated ? null : (place.startLine ?? null),
});

export function reviewCommentNode(scope: Scope, repo: Repository, each: ReviewComment) {
  const review = repo.reviews.get(each.reviewId);
  const first = each.inReplyTo === undefined ? undefined : repo.reviewComments.get(each.inReplyTo);
  return {
    __typename: "PullRequestReviewComment",
    id: nodeId("PRRC", each.id),
    ...databaseIds(each.id),
    ...spoken(repo, each),
    ...minimizable(each),
    ...reactable(each),
    ...lines(each),
    diffHunk: each.hunk,
    outdated: each.outdated,
    url: `${pullPage(scope, repo, each.number)}#discussion_r${each.id}`,
    pullRequestReview: () => review && reviewNode(scope, repo, review),
    replyTo: (): unknown => first && reviewCommentNode(scope, repo, first),
  };
}

export function threadNode(scope: Scope, repo: Repository, { id, comments }: Thread) {
  const resolvedBy = repo.resolvedThreads.get(id);
  return {
    __typename: "PullRequestReviewThread",
    id: nodeId("PRRT", id),
    isResolved: resolvedBy !== undefined,
    resolvedBy: resolvedBy ? accountNode(resolvedBy) : null,
    isOutdated: comments[0].outdated,
    ...lines(comments[0]),
    comments: (wanted: PageArguments, _: unknown, info: GraphQLResolveInfo) =>
      connection(comments, wanted, info, (each) => reviewCommentNode(scope, repo, each)),
  };
}
