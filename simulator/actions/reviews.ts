/** Reviews of pull requests, with their events: a comment on a line, or an answer, is a review of its own as well. */

import { listCommits } from "../git/history.ts";
import { ApiError } from "../routes/reply.ts";
import { type PullIssue, pullBase, pullSimple } from "../serialise/pull.ts";
import { reviewTold } from "../serialise/review.ts";
import type { Repository, Review, ReviewComment, ReviewState } from "../store/model.ts";
import { timestamp } from "../store/store.ts";
import { emit } from "../webhooks/emit.ts";
import type { World } from "../world.ts";
import type { By } from "./by.ts";
import { checkBody } from "./issues.ts";
import { addReviewComment, checkText, demandLine, emitReviewComment, type LineComment } from "./review-comments.ts";

/** So many commits GitHub lists of a pull request. */
const MAX_COMMITS = 250;

/** As GitHub answers for a review as a whole: in words alone, and nothing of it was made. */
const refuseWhole = (words: string) => new ApiError(422, "Unprocessable Entity", [words]);
const NOT_IN_DIFF =
  "Pull request review thread line must be part of the diff and Pull request review thread diff hunk can't be blank";
const NOT_OF_PULL = "Commit is not part of the pull request";
const refuse = (text: string) => new ApiError(422, `Unprocessable Entity: "${text}"`);

function checkVerdict(issue: PullIssue, by: By, state: ReviewState, body: string, comments: number): void {
  const own = issue.user.id === by.account.id;
  if (own && state === "APPROVED") throw refuse("Can not approve your own pull request");
  if (own && state === "CHANGES_REQUESTED") throw refuse("Can not request changes on your own pull request");
  const needsText = state === "CHANGES_REQUESTED" || (state === "COMMENTED" && comments === 0);
  if (needsText && body.trim() === "") throw refuse("body can't be blank");
}

function addReview(
  world: World,
  repo: Repository,
  issue: PullIssue,
  by: By,
  said: { state: ReviewState; body: string },
): Review {
  const review: Review = {
    id: world.store.nextId("review"),
    number: issue.number,
    user: by.account,
    sha: issue.pull.headSha,
    createdAt: timestamp(),
    reactions: [],
    ...said,
  };
  repo.reviews.set(review.id, review);
  return review;
}

function emitReview(
  world: World,
  repo: Repository,
  issue: PullIssue,
  review: Review,
  action: "submitted" | "dismissed",
  by: By,
): void {
  const payload = { action, review: reviewTold(world, repo, review), pull_request: pullSimple(world, repo, issue) };
  emit(world, repo, "pull_request_review", payload, by.account);
}

async function tell(world: World, repo: Repository, issue: PullIssue, review: Review, by: By): Promise<void> {
  issue.updatedAt = review.submittedAt = timestamp();
  emitReview(world, repo, issue, review, "submitted", by);
  for (const comment of repo.reviewComments.values())
    if (comment.reviewId === review.id) await emitReviewComment(world, repo, comment, "created", by);
}

async function isOfPull(repo: Repository, { pull }: PullIssue, sha: string): Promise<boolean> {
  const range = `${await pullBase(repo, pull)}..${pull.headSha}`;
  return (await listCommits(repo.dir, range, MAX_COMMITS)).some((commit) => commit.sha === sha);
}

/** A review with its comments; one without a verdict stays pending, and nobody hears of it. */
export async function createReview(
  world: World,
  repo: Repository,
  issue: PullIssue,
  by: By,
  said: { state: ReviewState; body: string; comments: readonly LineComment[]; sha?: string },
): Promise<Review> {
  const { state, body, comments, sha } = said;
  if (sha !== undefined && !(await isOfPull(repo, issue, sha))) throw refuseWhole(NOT_OF_PULL);
  checkBody("PullRequestReview", body);
  if (state !== "PENDING") checkVerdict(issue, by, state, body, comments.length);
  const places = [];
  for (const { body: text, ...place } of comments) {
    checkText(text);
    const found = await demandLine(repo, issue, place).catch(() => {
      throw refuseWhole(NOT_IN_DIFF);
    });
    places.push({ place, body: text, found });
  }
  const review = addReview(world, repo, issue, by, { state, body });
  if (sha !== undefined) review.sha = sha;
  for (const each of places) addReviewComment(world, repo, review, each);
  if (state !== "PENDING") await tell(world, repo, issue, review, by);
  return review;
}

export async function submitReview(
  world: World,
  repo: Repository,
  issue: PullIssue,
  review: Review,
  by: By,
  said: { state: ReviewState; body?: string },
): Promise<void> {
  const comments = [...repo.reviewComments.values()].filter((each) => each.reviewId === review.id);
  checkVerdict(issue, by, said.state, said.body ?? review.body, comments.length);
  Object.assign(review, { state: said.state, body: said.body ?? review.body });
  await tell(world, repo, issue, review, by);
}

export function dismissReview(world: World, repo: Repository, issue: PullIssue, review: Review, by: By): void {
  if (!["APPROVED", "CHANGES_REQUESTED"].includes(review.state)) throw refuse("Can not dismiss this review");
  review.state = "DISMISSED";
  emitReview(world, repo, issue, review, "dismissed", by);
}

/** A single comment on a line, outside of any review that its author began. */
export async function commentOnLine(
  world: World,
  repo: Repository,
  issue: PullIssue,
  by: By,
  comment: LineComment,
): Promise<ReviewComment> {
  const { body, ...place } = comment;
  checkText(body);
  const found = await demandLine(repo, issue, place);
  const review = addReview(world, repo, issue, by, { state: "COMMENTED", body: "" });
  const made = addReviewComment(world, repo, review, { place, found, body });
  await tell(world, repo, issue, review, by);
  return made;
}

/** An answer in a thread; it hangs on the first comment, also when a later one was meant. */
export async function replyToComment(
  world: World,
  repo: Repository,
  issue: PullIssue,
  by: By,
  to: ReviewComment,
  body: string,
): Promise<ReviewComment> {
  checkText(body);
  const review = addReview(world, repo, issue, by, { state: "COMMENTED", body: "" });
  const found = { hunk: to.hunk, position: to.position, text: "" };
  const inReplyTo = to.inReplyTo ?? to.id;
  const made = addReviewComment(world, repo, review, { place: to.place, found, body, inReplyTo });
  made.outdated = to.outdated;
  await tell(world, repo, issue, review, by);
  return made;
}
