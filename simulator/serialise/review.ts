/** Reviews and comments on lines as GitHub's JSON. */
import type { Repository, Review, ReviewComment } from "../store/model.ts";
import type { Schemas, World } from "../world.ts";
import { nodeId, user } from "./account.ts";
import { association, rollup } from "./issue.ts";
import { apiUrl, pageUrl } from "./repository.ts";

const pullUrl = (world: World, repo: Repository, number: number) => `${apiUrl(world, repo)}/pulls/${number}`;
const pullPage = (world: World, repo: Repository, number: number) => `${pageUrl(world, repo)}/pull/${number}`;

export function review(world: World, repo: Repository, each: Review): Schemas["pull-request-review"] {
  const html = `${pullPage(world, repo, each.number)}#pullrequestreview-${each.id}`;
  const pull = pullUrl(world, repo, each.number);
  return {
    id: each.id,
    node_id: nodeId("PRR", each.id),
    user: user(world, each.user),
    body: each.body,
    state: each.state,
    html_url: html,
    pull_request_url: pull,
    _links: { html: { href: html }, pull_request: { href: pull } },
    ...(each.submittedAt ? { submitted_at: each.submittedAt } : {}),
    commit_id: each.sha,
    author_association: association(repo, each.user),
  };
}

/** As in webhooks: the state in small letters, and null where there is no text. */
export const reviewTold = (world: World, repo: Repository, each: Review) => ({
  ...review(world, repo, each),
  state: each.state.toLowerCase(),
  body: each.body === "" ? null : each.body,
  submitted_at: each.submittedAt ?? null,
});

/** A comment whose line is no longer in the diff has neither line nor position, only what they were. */
export function reviewComment(world: World, repo: Repository, each: ReviewComment) {
  const url = `${apiUrl(world, repo)}/pulls/comments/${each.id}`;
  const html = `${pullPage(world, repo, each.number)}#discussion_r${each.id}`;
  const pull = pullUrl(world, repo, each.number);
  const { path, line, startLine, side } = each.place;
  const start = startLine ?? null;
  return {
    url,
    pull_request_review_id: each.reviewId,
    id: each.id,
    node_id: nodeId("PRRC", each.id),
    diff_hunk: each.hunk,
    path,
    position: each.outdated ? null : each.position,
    original_position: each.position,
    commit_id: each.sha,
    original_commit_id: each.sha,
    ...(each.inReplyTo === undefined ? {} : { in_reply_to_id: each.inReplyTo }),
    user: user(world, each.user),
    body: each.body,
    created_at: each.createdAt,
    updated_at: each.updatedAt,
    html_url: html,
    pull_request_url: pull,
    author_association: association(repo, each.user),
    _links: { self: { href: url }, html: { href: html }, pull_request: { href: pull } },
    start_line: each.outdated ? null : start,
    original_start_line: start,
    start_side: start === null ? null : side,
    line: each.outdated ? null : line,
    original_line: line,
    side,
    subject_type: "line",
    reactions: rollup(url, each.reactions),
  };
}
