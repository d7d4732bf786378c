/** What people say about a pull request, line by line and as a whole. */
import { deleteReviewComment, editReviewComment, type LineComment } from "./actions/review-comments.ts";
import { commentOnLine, createReview, replyToComment } from "./actions/reviews.ts";
import type { OnLine, RepositoryRef, ReviewDeeds } from "./api-people.ts";
import { changing, type Find, pullIn, who } from "./doing.ts";
import type { Repository, ReviewComment, ReviewState } from "./store/model.ts";
import { fullName } from "./store/store.ts";
import type { World } from "./world.ts";

const onLine = ({ path, line, startLine, side = "RIGHT", body }: OnLine): LineComment => {
  return { path, line, startLine, side, body };
};

function commentIn(repo: Repository, id: number): ReviewComment {
  const comment = repo.reviewComments.get(id);
  if (!comment) throw new Error(`${fullName(repo)} has no comment ${id} on a line`);
  return comment;
}

export function reviewDeeds(world: World, find: Find): ReviewDeeds {
  const onComment = <T>(
    ref: RepositoryRef,
    id: number,
    deed: (repo: Repository, comment: ReviewComment) => Promise<T>,
  ) => changing(world, () => deed(find(ref), commentIn(find(ref), id)));
  return {
    review: (ref, number, { state = "commented", body = "", comments = [], ...as }) =>
      changing(world, async () => {
        const repo = find(ref);
        const said = { state: state.toUpperCase() as ReviewState, body, comments: comments.map(onLine) };
        const { id } = await createReview(world, repo, pullIn(repo, number), who(world, as), said);
        const made = [...repo.reviewComments.values()].filter((each) => each.reviewId === id);
        return { id, comments: made.map((each) => each.id) };
      }),
    commentOnLine: (ref, number, comment) =>
      changing(world, () =>
        commentOnLine(world, find(ref), pullIn(find(ref), number), who(world, comment), onLine(comment)),
      ),
    reply: (ref, id, body, as) =>
      onComment(ref, id, (repo, to) => replyToComment(world, repo, pullIn(repo, to.number), who(world, as), to, body)),
    resolveThread: (ref, id, as) =>
      onComment(ref, id, async (repo, comment) => {
        repo.resolvedThreads.set(comment.inReplyTo ?? comment.id, who(world, as).account);
      }),
    editReviewComment: (ref, id, body, as) =>
      onComment(ref, id, (repo, comment) => editReviewComment(world, repo, comment, who(world, as), body)),
    deleteReviewComment: (ref, id, as) =>
      onComment(ref, id, (repo, comment) => deleteReviewComment(world, repo, comment, who(world, as))),
  };
}
