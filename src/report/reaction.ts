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

/** The comment to react to: GitHub lets nobody react to anything else that asks. */
const commentIds: { [Kind in Source["kind"]]: (source: SourceOf<Kind>) => number | undefined } = {
  comment: ({ id }) => id,
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
  const id = (commentIds[source.kind] as (source: Source) => number | undefined)(source);
  if (id === undefined) return;
  const comment = { owner: repository.owner, repo: repository.name, comment_id: id };
  await ensureReaction(octokit, comment, content);
}

type CommentName = { owner: string; repo: string; comment_id: number };

/** A comment that was deleted has nothing to react to: that is no error. */
async function ensureReaction(octokit: Octokit, comment: CommentName, content: Reaction): Promise<void> {
  try {
    const { data: ours } = await octokit.rest.reactions.createForIssueComment({ ...comment, content });
    const all = await octokit.paginate(octokit.rest.reactions.listForIssueComment, { ...comment, per_page: 100 });
    const me = ours.user?.id;
    const outdated = all.filter(
      (one) => me !== undefined && one.user?.id === me && one.content !== content && isOurs(one),
    );
    for (const { id } of outdated) {
      await octokit.rest.reactions.deleteForIssueComment({ ...comment, reaction_id: id });
    }
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

function isOurs(reaction: { content: string }): boolean {
  return REACTIONS.some((content) => content === reaction.content);
}
