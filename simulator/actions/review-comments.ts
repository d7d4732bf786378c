/** Comments on lines of a pull request's diff: where they stand, and what becomes of them when the head moves. */
import { diffFiles } from "../git/history.ts";
import { type FoundLine, findLine } from "../git/hunks.ts";
import { invalid } from "../routes/reply.ts";
import { type PullIssue, pullBase, pullSimple } from "../serialise/pull.ts";
import { reviewComment as commentJson } from "../serialise/review.ts";
import type { DiffPlace, Repository, Review, ReviewComment } from "../store/model.ts";
import { reviewCommentsOf, timestamp } from "../store/store.ts";
import { emit } from "../webhooks/emit.ts";
import type { World } from "../world.ts";
import type { By } from "./by.ts";
import { checkBody, isPull } from "./issues.ts";

export type LineComment = DiffPlace & { body: string };

/** What is found at a place of the diff as it is now. */
async function look(repo: Repository, issue: PullIssue, place: DiffPlace): Promise<FoundLine | undefined> {
  const files = await diffFiles(repo.dir, await pullBase(repo, issue.pull), issue.pull.headSha);
  const patch = files.find((file) => file.filename === place.path)?.patch;
  return patch === undefined ? undefined : findLine(patch, place.line, place.side);
}

export function checkText(body: string): void {
  checkBody("PullRequestReviewComment", body);
  if (body.trim() === "") throw invalid("PullRequestReviewComment", "body", "Body can't be blank", "unprocessable");
}

const notInDiff = (field: string) => {
  const name = `pull_request_review_thread.${field}`;
  return invalid("PullRequestReviewComment", name, `${name} must be part of the diff`);
};

/** The place in the diff; throws 422 when the line is not in it. */
export async function demandLine(repo: Repository, issue: PullIssue, place: DiffPlace): Promise<FoundLine> {
  const found = await look(repo, issue, place);
  if (!found) throw notInDiff("line");
  const { startLine } = place;
  if (startLine === undefined) return found;
  const start = startLine < place.line && (await look(repo, issue, { ...place, line: startLine }));
  if (!start) throw notInDiff("start_line");
  return found;
}

export async function emitReviewComment(
  world: World,
  repo: Repository,
  comment: ReviewComment,
  action: "created" | "edited" | "deleted",
  by: By,
  more: Record<string, unknown> = {},
): Promise<void> {
  const issue = repo.issues.get(comment.number);
  if (!issue || !isPull(issue)) throw new Error(`comment ${comment.id} belongs to no pull request`);
  const payload = {
    action,
    comment: commentJson(world, repo, comment),
    pull_request: pullSimple(world, repo, issue),
    ...more,
  };
  emit(world, repo, "pull_request_review_comment", payload, by.account);
}

/** The record, without its event: it is told when its review is submitted. */
export function addReviewComment(
  world: World,
  repo: Repository,
  review: Review,
  comment: { place: DiffPlace; found: FoundLine; body: string; inReplyTo?: number },
): ReviewComment {
  const { place, found, body, inReplyTo } = comment;
  const now = timestamp();
  const made: ReviewComment = {
    id: world.store.nextId("reviewComment"),
    number: review.number,
    reviewId: review.id,
    inReplyTo,
    place,
    hunk: found.hunk,
    position: found.position,
    sha: review.sha,
    outdated: false,
    body,
    user: review.user,
    createdAt: now,
    updatedAt: now,
    reactions: [],
  };
  repo.reviewComments.set(made.id, made);
  return made;
}

export async function editReviewComment(
  world: World,
  repo: Repository,
  comment: ReviewComment,
  by: By,
  body: string,
): Promise<void> {
  checkText(body);
  const from = comment.body;
  comment.body = body;
  comment.updatedAt = timestamp();
  comment.lastEdit = { at: comment.updatedAt, by: by.account };
  await emitReviewComment(world, repo, comment, "edited", by, { changes: { body: { from } } });
}

export async function deleteReviewComment(
  world: World,
  repo: Repository,
  comment: ReviewComment,
  by: By,
): Promise<void> {
  repo.reviewComments.delete(comment.id);
  await emitReviewComment(world, repo, comment, "deleted", by);
}

/** After the head has moved: a comment whose line now reads otherwise, or is gone from the diff, is outdated. */
export async function outdateComments(repo: Repository, issue: PullIssue): Promise<void> {
  for (const comment of reviewCommentsOf(repo, issue.number)) {
    const found = await look(repo, issue, comment.place);
    comment.outdated = found?.text !== comment.hunk.slice(comment.hunk.lastIndexOf("\n") + 2);
  }
}
