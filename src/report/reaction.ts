/**
 * Our reaction to a command: one at a time. 👀 accepted, 🎉 a pull request or a review, 🚀 a message that was delivered, 😕 anything else. GitHub answers a reaction
 * that exists already with that reaction, so creating it is safe to repeat and tells who we are.
 */
import type { Octokit } from "../github.ts";
import type { Source, SourceOf } from "../task/origin.ts";
import type { Task } from "../task/task.ts";
import type { Repository } from "../task/task-spec.ts";
import { isAbsent } from "./own-comment.ts";

export const REACTIONS = ["eyes", "hooray", "rocket", "confused"] as const;
export type Reaction = (typeof REACTIONS)[number];

/** The reaction to what asked, for all the tasks that came of it; undefined without any. */
export function reactionOf(tasks: readonly Task[]): Reaction | undefined {
  if (tasks.some(({ state }) => state.name !== "settled")) return "eyes";
  const isDone = ({ state }: Task) =>
    state.name === "settled" && (state.outcome.kind === "pull_request" || state.outcome.kind === "reviewed");
  if (tasks.length === 0) return undefined;
  return tasks.every(isDone) ? "hooray" : "confused";
}

/** What GitHub lets people react to, of all that asks. */
type Reactable = { to: "issue"; number: number } | { to: "issue comment" | "review comment"; id: number };

const reactables: { [Kind in Source["kind"]]: (source: SourceOf<Kind>) => Reactable | undefined } = {
  comment: ({ id }) => ({ to: "issue comment", id }),
  body: ({ id }) => ({ to: "issue", number: id }),
  review_comment: ({ id }) => ({ to: "review comment", id }),
  review: () => undefined,
  label: () => undefined,
  check: () => undefined,
  schedule: () => undefined,
  cli: () => undefined,
  api: () => undefined,
  dashboard: () => undefined,
  node: () => undefined,
  round: () => undefined,
};

/** `known`: the one of ours that is to go. `look`: whichever of ours there are. */
export type Before = { known?: number | undefined; look: boolean };

/** Sets our reaction to what asked, where that takes one, and removes our others. Its id. */
export async function reactTo(
  octokit: Octokit,
  repository: Repository,
  source: Source,
  { content, before }: { content: Reaction; before: Before },
): Promise<number | undefined> {
  const what = (reactables[source.kind] as (source: Source) => Reactable | undefined)(source);
  if (!what) return undefined;
  const reactions = reactionsTo(octokit, { owner: repository.owner, repo: repository.name }, what);
  try {
    return await ensureReaction(reactions, content, before);
  } catch (error) {
    // What was deleted has nothing to react to.
    if (!isAbsent(error)) throw error;
    return undefined;
  }
}

type One = { id: number; content: string; user: { id: number } | null };
type Reactions = {
  create(content: Reaction): Promise<One>;
  list(): Promise<One[]>;
  remove(id: number): Promise<unknown>;
};

/** Three families of endpoints that do the same. */
function reactionsTo(octokit: Octokit, place: { owner: string; repo: string }, what: Reactable): Reactions {
  const { reactions } = octokit.rest;
  const page = { per_page: 100 };
  if (what.to === "issue") {
    const issue = { ...place, issue_number: what.number };
    return {
      create: async (content) => (await reactions.createForIssue({ ...issue, content })).data,
      list: () => octokit.paginate(reactions.listForIssue, { ...issue, ...page }),
      remove: (reaction_id) => reactions.deleteForIssue({ ...issue, reaction_id }),
    };
  }
  const comment = { ...place, comment_id: what.id };
  if (what.to === "issue comment")
    return {
      create: async (content) => (await reactions.createForIssueComment({ ...comment, content })).data,
      list: () => octokit.paginate(reactions.listForIssueComment, { ...comment, ...page }),
      remove: (reaction_id) => reactions.deleteForIssueComment({ ...comment, reaction_id }),
    };
  return {
    create: async (content) => (await reactions.createForPullRequestReviewComment({ ...comment, content })).data,
    list: () => octokit.paginate(reactions.listForPullRequestReviewComment, { ...comment, ...page }),
    remove: (reaction_id) => reactions.deleteForPullRequestComment({ ...comment, reaction_id }),
  };
}

async function ensureReaction(
  { create, list, remove }: Reactions,
  content: Reaction,
  { known, look }: Before,
): Promise<number> {
  const ours = await create(content);
  const me = ours.user?.id;
  const isMine = (one: One) => me !== undefined && one.user?.id === me && isOurs(one);
  const others = look ? (await list()).filter(isMine).map(({ id }) => id) : known === undefined ? [] : [known];
  for (const id of others.filter((other) => other !== ours.id)) {
    await remove(id).catch((error: unknown) => (isAbsent(error) ? undefined : Promise.reject(error)));
  }
  return ours.id;
}

function isOurs(reaction: { content: string }): boolean {
  return REACTIONS.some((content) => content === reaction.content);
}
