/** What GraphQL changes: hiding what somebody wrote, and reacting to it. Neither has an event. */
import { addReaction as react } from "../actions/comments.ts";
import { isPull } from "../actions/issues.ts";
import { actsAs } from "../auth/actor.ts";
import { mayRead } from "../auth/permissions.ts";
import { demandUnlocked } from "../routes/issues.ts";
import { read, write } from "../routes/router.ts";
import { readNodeId } from "../serialise/account.ts";
import type {
  Account,
  Classifier,
  Minimizable,
  Reaction,
  ReactionContent,
  Repository,
  Review,
} from "../store/model.ts";
import { fullName } from "../store/store.ts";
import { commentNode, issueNode } from "./conversation.ts";
import { pullNode } from "./pull.ts";
import { Malformed, Refusal } from "./refusal.ts";
import { reviewCommentNode, reviewNode } from "./reviews.ts";
import { noRepository, permit, permitting, type Scope } from "./scope.ts";
import { reactionNames, reactionNode } from "./shared.ts";

/** Something with a node id. `hides` is absent where it cannot be hidden. */
type Subject = {
  /** Of the issue or pull request. */
  number: number;
  user: Account;
  permissions: string[];
  reacts: { reactions: Reaction[] };
  hides?: Minimizable;
  show: () => unknown;
};

const either = ["issues", "pull_requests"];

function subjectIn(scope: Scope, repo: Repository, { kind, id }: ReturnType<typeof readNodeId>): Subject | undefined {
  const subject = <T extends { number: number; user: Account; reactions: Reaction[] }>(
    found: T | undefined,
    permissions: string[],
    show: (scope: Scope, repo: Repository, found: T) => unknown,
  ): Subject | undefined =>
    found && {
      number: found.number,
      user: found.user,
      permissions,
      reacts: found,
      show: () => show(scope, repo, found),
    };
  const readable = (review: Review | undefined) => (review && mayRead(scope.actor, review) ? review : undefined);
  const issues = [...repo.issues.values()];
  const hideable = (found: (Subject & { reacts: Minimizable }) | undefined) =>
    found && { ...found, hides: found.reacts };
  switch (kind) {
    case "I":
      return subject(
        issues.find((each) => !each.pull && each.id === id),
        either,
        issueNode,
      );
    case "PR":
      return subject(
        issues.filter(isPull).find((each) => each.pull.id === id),
        either,
        pullNode,
      );
    case "IC":
      return hideable(subject(repo.comments.get(id), either, commentNode));
    case "PRR":
      return hideable(subject(readable(repo.reviews.get(id)), ["pull_requests"], reviewNode));
    case "PRRC": {
      const comment = repo.reviewComments.get(id);
      const told = comment && readable(repo.reviews.get(comment.reviewId)) && comment;
      return hideable(subject(told, ["pull_requests"], reviewCommentNode));
    }
    default:
      return undefined;
  }
}

/** @throws NOT_FOUND for what does not exist, or does not for this actor */
function find(scope: Scope, nodeId: string): { repo: Repository; subject: Subject } {
  const name = readNodeId(nodeId);
  const nowhere = `Could not resolve to a node with the global id of '${nodeId}'.`;
  for (const repo of scope.world.store.repositories.values()) {
    const subject = subjectIn(scope, repo, name);
    if (!subject) continue;
    permit(scope, repo, read("metadata"), nowhere);
    return { repo, subject };
  }
  throw new Refusal("NOT_FOUND", nowhere);
}

type Input = { subjectId: string; clientMutationId?: string | null };

export function minimizeComment(scope: Scope, input: Input & { classifier: Classifier }) {
  const { repo, subject } = find(scope, input.subjectId);
  const { account } = actsAs(scope.actor);
  permit(scope, repo, write(account.id === subject.user.id ? "read" : "write", ...subject.permissions));
  if (!subject.hides) throw new Malformed("UNPROCESSABLE", "That cannot be minimized.");
  subject.hides.minimized = input.classifier;
  return { clientMutationId: input.clientMutationId ?? null, minimizedComment: subject.show() };
}

const contents = new Map(Object.entries(reactionNames).map(([content, name]) => [name, content as ReactionContent]));

export function addReaction(scope: Scope, input: Input & { content: string }) {
  const { repo, subject } = find(scope, input.subjectId);
  permit(scope, repo, write("read", ...subject.permissions));
  const issue = repo.issues.get(subject.number);
  if (issue) permitting(noRepository(fullName(repo)), () => demandUnlocked({ ...scope, repo }, issue, "reaction"));
  const content = contents.get(input.content);
  if (!content) throw new Error(`${input.content} is no reaction`);
  const { reaction } = react(scope.world, subject.reacts, actsAs(scope.actor), content);
  return {
    clientMutationId: input.clientMutationId ?? null,
    reaction: reactionNode(reaction),
    subject: subject.show(),
  };
}
