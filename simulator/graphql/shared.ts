/** The parts of which most nodes are made: authors, edits, reactions. */
import type { GraphQLResolveInfo } from "graphql";
import { nodeId } from "../serialise/account.ts";
import { association } from "../serialise/issue.ts";
import type { Account, Classifier, Reaction, ReactionContent, Repository } from "../store/model.ts";
import { connection, type PageArguments } from "./connection.ts";

/** What the name of a bot is here: REST alone adds `[bot]`. */
export function accountNode(account: Account) {
  const isBot = account.type === "Bot";
  return {
    __typename: account.type,
    id: nodeId(isBot ? "BOT" : "U", account.id),
    databaseId: account.id,
    login: isBot ? account.login.replace(/\[bot\]$/, "") : account.login,
  };
}

/** GraphQL's names of the reactions. */
export const reactionNames: Record<ReactionContent, string> = {
  "+1": "THUMBS_UP",
  "-1": "THUMBS_DOWN",
  laugh: "LAUGH",
  confused: "CONFUSED",
  heart: "HEART",
  hooray: "HOORAY",
  rocket: "ROCKET",
  eyes: "EYES",
};

export const reactionNode = (each: Reaction) => ({
  __typename: "Reaction",
  id: nodeId("REA", each.id),
  databaseId: each.id,
  content: reactionNames[each.content],
  createdAt: each.createdAt,
  // An App's reaction has no user: the field's type is User.
  user: each.user.type === "User" ? accountNode(each.user) : null,
});

type ReactionsWanted = PageArguments & { content?: string | null };

/** `databaseId` and `fullDatabaseId`: the same number, once as GitHub's wide Int and once as a text. */
export const databaseIds = (id: number) => ({ databaseId: id, fullDatabaseId: String(id) });

export const reactable = (on: { reactions: readonly Reaction[] }) => ({
  reactions(wanted: ReactionsWanted, _: unknown, info: GraphQLResolveInfo) {
    const { content } = wanted;
    const chosen = on.reactions.filter((each) => !content || reactionNames[each.content] === content);
    return connection(chosen, wanted, info, reactionNode);
  },
});

type Spoken = {
  user: Account;
  body?: string;
  createdAt: string;
  updatedAt: string;
  lastEdit?: { at: string; by: Account };
};

/** What everything has that somebody wrote. */
export const spoken = (repo: Repository, each: Spoken) => ({
  author: accountNode(each.user),
  authorAssociation: association(repo, each.user),
  body: each.body ?? "",
  createdAt: each.createdAt,
  updatedAt: each.updatedAt,
  lastEditedAt: each.lastEdit?.at ?? null,
  editor: each.lastEdit ? accountNode(each.lastEdit.by) : null,
});

export const minimizable = (each: { minimized?: Classifier }) => ({ isMinimized: each.minimized !== undefined });
