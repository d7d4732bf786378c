/** Comments on issues and pull requests, and reactions to both. */
import { addComment, addReaction, deleteComment, editComment } from "../actions/comments.ts";
import type { Need } from "../auth/permissions.ts";
import { comment as commentJson, reaction as reactionJson } from "../serialise/issue.ts";
import type { Comment, Reaction, ReactionContent } from "../store/model.ts";
import { commentsOf } from "../store/store.ts";
import { by, numberParam, optionalChoice, type RepositoryCall, text } from "./call.ts";
import { demandAuthorOrTriage, demandUnlocked, issueOf, openConversation } from "./issues.ts";
import { listed } from "./pages.ts";
import { ApiError, created, noContent, notFound, ok, type Reply } from "./reply.ts";
import { inRepository, type Route, read, write } from "./router.ts";

const reading = read("issues", "pull_requests");
const writing = write("read", "issues", "pull_requests");

function commentOf(call: RepositoryCall): Comment {
  const comment = call.repo.comments.get(numberParam(call, "id"));
  if (!comment) throw notFound();
  return comment;
}

const shown = (call: RepositoryCall) => (each: Comment) => commentJson(call.world, call.repo, each);

/** since, sort and direction, as for every list of comments. */
export function sinceSorted<T extends { id: number; updatedAt: string }>(call: RepositoryCall, comments: T[]): T[] {
  const query = call.url.searchParams;
  const since = query.get("since");
  const sign = query.get("direction") === "desc" ? -1 : 1;
  return comments
    .filter((each) => !since || Date.parse(each.updatedAt) >= Date.parse(since))
    .sort((a, b) => sign * (a.id - b.id));
}

/** An issue, or a comment of one. */
type Reacted = { number: number; reactions: Reaction[] };

const contents: readonly ReactionContent[] = ["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"];

function react(call: RepositoryCall, on: Reacted): Reply {
  const issue = call.repo.issues.get(on.number);
  if (issue) demandUnlocked(call, issue, "reaction");
  const content = optionalChoice(call, "content", contents);
  if (!content) throw new ApiError(422, `Invalid request.\n\n"content" wasn't supplied.`);
  const { reaction, fresh } = addReaction(call.world, on, by(call), content);
  const json = reactionJson(call.world, reaction);
  return fresh ? created(json) : ok(json);
}

function listReactions(call: RepositoryCall, on: { reactions: Reaction[] }): Promise<Reply> {
  const content = call.url.searchParams.get("content");
  const wanted = on.reactions.filter((each) => !content || each.content === content);
  return listed(call, wanted, (each) => reactionJson(call.world, each));
}

function unreact(call: RepositoryCall, on: { reactions: Reaction[] }): Reply {
  const id = numberParam(call, "reaction");
  const found = on.reactions.find((each) => each.id === id);
  if (!found) throw notFound();
  if (found.user.id !== by(call).account.id) throw new ApiError(403, "Resource not accessible by integration");
  on.reactions.splice(on.reactions.indexOf(found), 1);
  return noContent();
}

export const reactionRoutes = (
  place: string,
  on: (call: RepositoryCall) => Reacted,
  needs: { reading: Need; writing: Need },
): Route[] => [
  inRepository("GET", `${place}/reactions`, needs.reading, (call) => listReactions(call, on(call))),
  inRepository("POST", `${place}/reactions`, needs.writing, (call) => react(call, on(call))),
  inRepository("DELETE", `${place}/reactions/{reaction}`, needs.writing, (call) => unreact(call, on(call))),
];

export const commentRoutes: Route[] = [
  inRepository("GET", "/issues/comments", reading, (call) =>
    listed(call, sinceSorted(call, [...call.repo.comments.values()]), shown(call)),
  ),
  inRepository("GET", "/issues/comments/{id}", reading, (call) => ok(shown(call)(commentOf(call)))),
  inRepository("PATCH", "/issues/comments/{id}", writing, (call) => {
    const comment = commentOf(call);
    demandAuthorOrTriage(call, comment.user);
    editComment(call.world, call.repo, comment, by(call), text(call, "body"));
    return ok(shown(call)(comment));
  }),
  inRepository("DELETE", "/issues/comments/{id}", writing, (call) => {
    const comment = commentOf(call);
    demandAuthorOrTriage(call, comment.user);
    deleteComment(call.world, call.repo, comment, by(call));
    return noContent();
  }),
  inRepository("GET", "/issues/{number}/comments", reading, (call) =>
    listed(call, sinceSorted(call, commentsOf(call.repo, issueOf(call).number)), shown(call)),
  ),
  inRepository(
    "POST",
    "/issues/{number}/comments",
    writing,
    (call) =>
      created(shown(call)(addComment(call.world, call.repo, openConversation(call), by(call), text(call, "body")))),
    { content: true },
  ),
  ...reactionRoutes("/issues/comments/{id}", commentOf, { reading, writing }),
  ...reactionRoutes("/issues/{number}", issueOf, { reading, writing }),
];
