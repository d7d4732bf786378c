/** Comments and reactions, with their events. Reactions have none, as on GitHub. */
import { invalid } from "../routes/reply.ts";
import { comment as commentJson, issue as issueJson } from "../serialise/issue.ts";
import type { Comment, Issue, Reaction, ReactionContent, Repository } from "../store/model.ts";
import { timestamp } from "../store/store.ts";
import { emit } from "../webhooks/emit.ts";
import type { World } from "../world.ts";
import type { By } from "./by.ts";
import { checkBody } from "./issues.ts";

function emitComment(
  world: World,
  repo: Repository,
  comment: Comment,
  action: "created" | "edited" | "deleted",
  by: By,
  more: Record<string, unknown> = {},
): void {
  const issue = repo.issues.get(comment.number);
  if (!issue) throw new Error(`comment ${comment.id} belongs to no issue`);
  const payload = {
    action,
    issue: issueJson(world, repo, issue),
    comment: commentJson(world, repo, comment),
    ...more,
  };
  emit(world, repo, "issue_comment", payload, by.account);
}

function checkComment(body: string): void {
  checkBody("IssueComment", body);
  if (body.trim() === "") throw invalid("IssueComment", "body", "Body can't be blank", "unprocessable");
}

export function addComment(world: World, repo: Repository, issue: Issue, by: By, body: string): Comment {
  checkComment(body);
  const now = timestamp();
  const comment: Comment = {
    id: world.store.nextId("comment"),
    number: issue.number,
    body,
    user: by.account,
    viaApp: by.viaApp,
    createdAt: now,
    updatedAt: now,
    reactions: [],
  };
  repo.comments.set(comment.id, comment);
  issue.updatedAt = now;
  emitComment(world, repo, comment, "created", by);
  return comment;
}

export function editComment(world: World, repo: Repository, comment: Comment, by: By, body: string): void {
  checkComment(body);
  const from = comment.body;
  comment.body = body;
  comment.updatedAt = timestamp();
  comment.lastEdit = { at: comment.updatedAt, by: by.account };
  emitComment(world, repo, comment, "edited", by, { changes: { body: { from } } });
}

export function deleteComment(world: World, repo: Repository, comment: Comment, by: By): void {
  repo.comments.delete(comment.id);
  emitComment(world, repo, comment, "deleted", by);
}

/** One reaction of a kind per person; a second one is answered with the first. */
export function addReaction(
  world: World,
  on: { reactions: Reaction[] },
  by: By,
  content: ReactionContent,
): { reaction: Reaction; fresh: boolean } {
  const known = on.reactions.find((each) => each.user.id === by.account.id && each.content === content);
  if (known) return { reaction: known, fresh: false };
  const reaction: Reaction = {
    id: world.store.nextId("reaction"),
    user: by.account,
    content,
    createdAt: timestamp(),
  };
  on.reactions.push(reaction);
  return { reaction, fresh: true };
}
