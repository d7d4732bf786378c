/** Issues, and that half of pull requests that is an issue: the text and its history, labels, comments. */
import type { GraphQLResolveInfo } from "graphql";
import { nodeId } from "../serialise/account.ts";
import { issuePage } from "../serialise/issue.ts";
import type { Comment, Edit, Issue, Rename, Repository } from "../store/model.ts";
import { commentsOf } from "../store/store.ts";
import { connection, type PageArguments } from "./connection.ts";
import { Malformed } from "./refusal.ts";
import type { Scope } from "./scope.ts";
import { accountNode, databaseIds, minimizable, reactable, spoken } from "./shared.ts";

const editNode = (each: Edit) => ({
  id: nodeId("UCE", each.id),
  editedAt: each.at,
  editor: accountNode(each.by),
  // Called a difference, but GitHub gives the whole text.
  diff: each.text,
});

const renameNode = (each: Rename) => ({
  __typename: "RenamedTitleEvent",
  id: nodeId("RTE", each.id),
  createdAt: each.at,
  actor: accountNode(each.by),
  previousTitle: each.from,
  currentTitle: each.to,
});

export function commentNode({ world }: Scope, repo: Repository, each: Comment) {
  const issue = repo.issues.get(each.number);
  return {
    __typename: "IssueComment",
    id: nodeId("IC", each.id),
    ...databaseIds(each.id),
    ...spoken(repo, each),
    ...minimizable(each),
    ...reactable(each),
    url: issue && `${issuePage(world, repo, issue)}#issuecomment-${each.id}`,
  };
}

/** The events of a conversation; only changes of the title are remembered, so nothing else can be asked for. */
function timeline(issue: Issue, wanted: PageArguments & { itemTypes?: string[] | null }, info: GraphQLResolveInfo) {
  if (!wanted.itemTypes)
    throw new Malformed(
      "UNPROCESSABLE",
      "This simulated GitHub remembers RENAMED_TITLE_EVENT only: name it in itemTypes.",
    );
  return connection(issue.renames, wanted, info, renameNode);
}

/** The fields that issues and pull requests share. */
export function conversation(scope: Scope, repo: Repository, issue: Issue) {
  const last = issue.edits.at(-1);
  type Wanted = PageArguments;
  return {
    ...spoken(repo, { ...issue, lastEdit: last && { at: last.at, by: last.by } }),
    ...reactable(issue),
    number: issue.number,
    title: issue.title,
    locked: issue.locked !== undefined,
    url: issuePage(scope.world, repo, issue),
    includesCreatedEdit: issue.edits.length > 0,
    // GitHub gives the newest first.
    userContentEdits: (wanted: Wanted, _: unknown, info: GraphQLResolveInfo) =>
      connection(issue.edits.toReversed(), wanted, info, editNode),
    timelineItems: (wanted: Wanted, _: unknown, info: GraphQLResolveInfo) => timeline(issue, wanted, info),
    labels: (wanted: Wanted, _: unknown, info: GraphQLResolveInfo) =>
      connection(issue.labels, wanted, info, ({ id, name }) => ({ id: nodeId("LA", id), name })),
    comments: (wanted: Wanted, _: unknown, info: GraphQLResolveInfo) =>
      connection(commentsOf(repo, issue.number), wanted, info, (each) => commentNode(scope, repo, each)),
  };
}

export const issueNode = (scope: Scope, repo: Repository, issue: Issue) => ({
  __typename: "Issue",
  id: nodeId("I", issue.id),
  ...databaseIds(issue.id),
  state: issue.state.toUpperCase(),
  ...conversation(scope, repo, issue),
});
