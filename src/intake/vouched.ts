/**
 * Whoever sets a label vouches for title and description, as far as they have read them. An author who may not write here could
 * change both in the moment before: so an edit of the last minute by somebody without write permission is looked for.
 */
import { z } from "zod";
import type { Octokit } from "../github.ts";
import { ask } from "../graphql.ts";
import { mayWrite } from "../permission.ts";
import type { Request } from "./request.ts";

/** Nobody reads faster, ms. */
const UNREAD_MS = 60_000;
/** GitHub's times are whole seconds. */
const SECOND_MS = 1_000;
/** Of each kind the newest; GitHub lists edits newest first. */
const EDITS = 50;

// https://docs.github.com/graphql/reference/objects#issue: REST tells no edits of a description.
const EDITS_OF = `
  includesCreatedEdit
  userContentEdits(first: ${EDITS}) { nodes { editedAt editor { login ... on User { databaseId } } } }
  timelineItems(last: ${EDITS}, itemTypes: [RENAMED_TITLE_EVENT]) {
    nodes { ... on RenamedTitleEvent { createdAt actor { login ... on User { databaseId } } } }
  }`;
const QUERY = `
query ($owner: String!, $repo: String!, $number: Int!) {
  repository(owner: $owner, name: $repo) {
    issueOrPullRequest(number: $number) {
      ... on Issue { ${EDITS_OF} }
      ... on PullRequest { ${EDITS_OF} }
    }
  }
}`;

const person = z.object({ login: z.string(), databaseId: z.number().nullish() }).nullish();
const time = z.string().transform((text) => Date.parse(text));
const answer = z.object({
  repository: z.object({
    issueOrPullRequest: z.object({
      includesCreatedEdit: z.boolean(),
      userContentEdits: z.object({ nodes: z.array(z.object({ editedAt: time, editor: person })) }).nullish(),
      timelineItems: z.object({ nodes: z.array(z.object({ createdAt: time, actor: person })) }),
    }),
  }),
});

type Found = z.output<typeof answer>["repository"]["issueOrPullRequest"];

/** Who has changed what whoever asks may not have read; undefined when nobody has. */
export async function unreadEdit(octokit: Octokit, request: Request): Promise<string | undefined> {
  const { repository, number, actor, requestedAt } = request;
  const place = { owner: repository.owner, repo: repository.name, number };
  const { issueOrPullRequest: found } = (await ask(octokit, { query: QUERY, answer }, place)).repository;
  const renames = found.timelineItems.nodes.map(({ createdAt: at, actor: by }) => ({ at, by }));
  const unread = [contentEditsOf(found), renames].flatMap((edits) => {
    // What came after the signed event is not read at all. But many later edits may hide an earlier one from us.
    const end = edits.length < EDITS ? requestedAt + SECOND_MS : Number.POSITIVE_INFINITY;
    return edits.filter(({ at }) => at > requestedAt - UNREAD_MS && at < end);
  });
  const editors = new Map(unread.map(({ by }) => [by?.login ?? "ghost", by?.databaseId ?? undefined]));
  if (actor) editors.delete(actor.login);
  for (const [login, id] of editors) {
    if (id === undefined || !(await mayWrite(octokit, repository, { id, login }))) return login;
  }
  return undefined;
}

/** The oldest of them may be the text as it was opened, which nobody has changed. */
function contentEditsOf({ includesCreatedEdit, userContentEdits }: Found) {
  const edits = (userContentEdits?.nodes ?? []).map(({ editedAt: at, editor: by }) => ({ at, by }));
  return includesCreatedEdit && edits.length < EDITS ? edits.slice(0, -1) : edits;
}
