/**
 * Our reaction to a command: one at a time. 👀 accepted, 🎉 a pull request, 😕 anything else. GitHub answers a reaction
 * that exists already with that reaction, so creating it is safe to repeat and tells who we are.
 */
import type { Octokit } from "../github.ts";
import type { Repository, Task } from "../task/task.ts";
import { isAbsent } from "./own-comment.ts";

export const REACTIONS = ["eyes", "hooray", "confused"] as const;
export type Reaction = (typeof REACTIONS)[number];

/** The reaction to a comment, for all the tasks that its commands became; undefined without any. */
export function reactionOf(tasks: readonly Task[]): Reaction | undefined {
  if (tasks.some(({ state }) => state.name !== "settled")) return "eyes";
  const isPullRequest = ({ state }: Task) => state.name === "settled" && state.outcome.kind === "pull_request";
  if (tasks.length === 0) return undefined;
  return tasks.every(isPullRequest) ? "hooray" : "confused";
}

/** Sets our reaction and removes our others. A comment that was deleted has nothing to react to: that is no error. */
export async function ensureReaction(
  octokit: Octokit,
  repository: Repository,
  commentId: number,
  content: Reaction,
): Promise<void> {
  const comment = { owner: repository.owner, repo: repository.name, comment_id: commentId };
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
