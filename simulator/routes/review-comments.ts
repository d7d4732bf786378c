/** Comments on lines of a pull request, answers to them, and reactions. */
import { deleteReviewComment, editReviewComment } from "../actions/review-comments.ts";
import { commentOnLine, replyToComment } from "../actions/reviews.ts";
import { reviewComment as commentJson } from "../serialise/review.ts";
import type { ReviewComment } from "../store/model.ts";
import { reviewCommentsOf } from "../store/store.ts";
import { by, numberParam, optionalChoice, optionalNumber, type RepositoryCall, text } from "./call.ts";
import { reactionRoutes, sinceSorted } from "./comments.ts";
import { demandAuthorOrTriage, demandUnlocked } from "./issues.ts";
import { listed } from "./pages.ts";
import { pullOf, reading, writing } from "./pulls.ts";
import { ApiError, created, noContent, notFound, ok, type Reply } from "./reply.ts";
import { inRepository, type Route } from "./router.ts";

const shown = (call: RepositoryCall) => (each: ReviewComment) => commentJson(call.world, call.repo, each);

/** Comments of a review that is not submitted yet are nowhere to be found. */
const isPublic = ({ repo }: RepositoryCall, each: ReviewComment) =>
  repo.reviews.get(each.reviewId)?.state !== "PENDING";

function commentOf(call: RepositoryCall): ReviewComment {
  const comment = call.repo.reviewComments.get(numberParam(call, "id"));
  if (!comment || !isPublic(call, comment)) throw notFound();
  return comment;
}

async function create(call: RepositoryCall): Promise<Reply> {
  const { world, repo } = call;
  const issue = pullOf(call);
  demandUnlocked(call, issue, "comment");
  const body = text(call, "body");
  const replyTo = optionalNumber(call, "in_reply_to");
  if (replyTo !== undefined) return answer(call, repo.reviewComments.get(replyTo));
  if (text(call, "commit_id") !== issue.pull.headSha) throw new ApiError(422, "commit_id is not the newest commit");
  const line = optionalNumber(call, "line");
  if (line === undefined) throw new ApiError(422, `Invalid request.\n\n"line" wasn't supplied.`);
  const made = await commentOnLine(world, repo, issue, by(call), {
    path: text(call, "path"),
    line,
    startLine: optionalNumber(call, "start_line"),
    side: optionalChoice(call, "side", ["LEFT", "RIGHT"] as const) ?? "RIGHT",
    body,
  });
  return created(shown(call)(made));
}

async function answer(call: RepositoryCall, to: ReviewComment | undefined): Promise<Reply> {
  const issue = pullOf(call);
  demandUnlocked(call, issue, "comment");
  if (!to || to.number !== issue.number || !isPublic(call, to)) throw notFound();
  return created(shown(call)(await replyToComment(call.world, call.repo, issue, by(call), to, text(call, "body"))));
}

export const reviewCommentRoutes: Route[] = [
  inRepository("GET", "/pulls/comments", reading, (call) => {
    const all = [...call.repo.reviewComments.values()].filter((each) => isPublic(call, each));
    return listed(call, sinceSorted(call, all), shown(call));
  }),
  inRepository("GET", "/pulls/comments/{id}", reading, (call) => ok(shown(call)(commentOf(call)))),
  inRepository("PATCH", "/pulls/comments/{id}", writing, async (call) => {
    const comment = commentOf(call);
    demandAuthorOrTriage(call, comment.user);
    await editReviewComment(call.world, call.repo, comment, by(call), text(call, "body"));
    return ok(shown(call)(comment));
  }),
  inRepository("DELETE", "/pulls/comments/{id}", writing, async (call) => {
    const comment = commentOf(call);
    demandAuthorOrTriage(call, comment.user);
    await deleteReviewComment(call.world, call.repo, comment, by(call));
    return noContent();
  }),
  inRepository("GET", "/pulls/{number}/comments", reading, (call) => {
    const all = reviewCommentsOf(call.repo, pullOf(call).number).filter((each) => isPublic(call, each));
    return listed(call, sinceSorted(call, all), shown(call));
  }),
  inRepository("POST", "/pulls/{number}/comments", writing, create, { content: true }),
  inRepository("POST", "/pulls/{number}/comments/{id}/replies", writing, (call) => answer(call, commentOf(call)), {
    content: true,
  }),
  ...reactionRoutes("/pulls/comments/{id}", commentOf, { reading, writing }),
];
