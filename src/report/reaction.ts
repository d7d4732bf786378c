/**
 * Our reaction to a command: one at a time. 👀 accepted, 🎉 a pull request, 😕 anything else. GitHub answers a reaction
 * that exists already with that reaction, so creating it is safe to repeat and tells who we are.
 */
import type { Octokit } from "../github.ts";
import type { Source, SourceOf } from "../task/origin.ts";
import type { Repository, Task } from "../task/task.ts";
import { isAbsent } from "./own-comment.ts";

export const REACTIONS = ["eyes", "hooray", "confused"] as const;
export type Reaction = (typeof REACTIONS)[number];

/** The reaction to what asked, for all the tasks that came of it; undefined without any. */
export function reactionOf(tasks: readonly Task[]): Reaction | undefined {
  if (tasks.some(({ state }) => state.name !== "settled")) return "eyes";
  const isPullRequest = ({ state }: Task) => state.name === "settled" && state.outcome.kind === "pull_request";
  if (tasks.length === 0) return undefined;
  return tasks.every(isPullRequest) ? "hooray" : "confused";
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
  api: () => undefined,
};

/** Sets our reaction to what asked, where that takes one, and removes our others. */
export async function reactTo(
  octokit: Octokit,
  repository: Repository,
  source: Source,
  content: Reaction,
): Promise<void> {
  const what = (reactables[source.kind] as (source: Source) => Reactable | undefined)(source);
  if (what)
    await ensureReaction(reactionsTo(octokit, { owner: repository.owner, repo: repository.name }, what), content);
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

/** What was deleted has nothing to react to: that is no error. */
async function ensureReaction({ create, list, remove }: Reactions, content: Reaction): Promise<void> {
  try {
    const ours = await create(content);
    const me = ours.user?.id;
    if (me === undefined) return;
    const outdated = (await list()).filter((one) => one.user?.id === me && one.content !== content && isOurs(one));
    for (const { id } of outdated) await remove(id);
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

function isOurs(reaction: { content: string }): boolean {
  return REACTIONS.some((content) => content === reaction.content);
}
