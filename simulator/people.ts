/**
 * Deeds of people (and of the bot), as tests and the demo ask for them: the same actions as behind REST, without HTTP.
 */
import { addComment, deleteComment, editComment } from "./actions/comments.ts";
import { closeIssue, editIssue, openIssue, reopenIssue, sameName, setLabels } from "./actions/issues.ts";
import { lockIssue, unlockIssue } from "./actions/locks.ts";
import { transferIssue } from "./actions/moves.ts";
import { mergePull, openPull, setAutoMerge } from "./actions/pulls.ts";
import type { As, IssueDeeds, PeopleDeeds, RepositoryRef } from "./api-people.ts";
import { changing, type Find, issueIn, pullIn, who } from "./doing.ts";
import { checkDeeds } from "./people-checks.ts";
import { reviewDeeds } from "./people-reviews.ts";
import type { Comment, Issue, MergeMethod, Repository } from "./store/model.ts";
import { fullName } from "./store/store.ts";
import type { World } from "./world.ts";

function commentIn(repo: Repository, id: number): Comment {
  const comment = repo.comments.get(id);
  if (!comment) throw new Error(`${fullName(repo)} has no comment ${id}`);
  return comment;
}

function issueDeeds(world: World, find: Find): IssueDeeds {
  const on = <T>(ref: RepositoryRef, number: number, deed: (repo: Repository, issue: Issue) => T | Promise<T>) =>
    changing(world, () => deed(find(ref), issueIn(find(ref), number)));
  const relabel = (ref: RepositoryRef, number: number, as: As, change: (names: string[]) => string[]) =>
    on(ref, number, (repo, issue) => {
      const names = issue.labels.map((each) => each.name);
      return setLabels(world, repo, issue, who(world, as), change(names));
    });
  const close: IssueDeeds["closeIssue"] = (ref, number, as) =>
    on(ref, number, (repo, issue) => closeIssue(world, repo, issue, who(world, as)));
  const autoMerge = (ref: RepositoryRef, number: number, as: As, method: MergeMethod | undefined) =>
    changing(world, () => setAutoMerge(world, find(ref), pullIn(find(ref), number), who(world, as), method));
  return {
    openIssue: (ref, text) => changing(world, () => openIssue(world, find(ref), who(world, text), text)),
    editIssue: (ref, number, change, as) =>
      on(ref, number, (repo, issue) => editIssue(world, repo, issue, who(world, as), change)),
    closeIssue: close,
    reopenIssue: (ref, number, as) => on(ref, number, (repo, issue) => reopenIssue(world, repo, issue, who(world, as))),
    comment: (ref, number, body, as) =>
      on(ref, number, (repo, issue) => addComment(world, repo, issue, who(world, as), body)),
    editComment: (ref, id, body, as) =>
      changing(world, () => editComment(world, find(ref), commentIn(find(ref), id), who(world, as), body)),
    deleteComment: (ref, id, as) =>
      changing(world, () => deleteComment(world, find(ref), commentIn(find(ref), id), who(world, as))),
    addLabel: (ref, number, label, as) => relabel(ref, number, as, (names) => [...names, label]),
    removeLabel: (ref, number, label, as) =>
      relabel(ref, number, as, (names) => names.filter((each) => !sameName(each, label))),
    lockIssue: (ref, number, { reason, ...as }) =>
      on(ref, number, (repo, issue) => lockIssue(world, repo, issue, who(world, as), reason)),
    unlockIssue: (ref, number, as) => on(ref, number, (repo, issue) => unlockIssue(world, repo, issue, who(world, as))),
    transferIssue: (ref, number, to, as) =>
      on(ref, number, (repo, issue) => transferIssue(world, repo, issue, who(world, as), find(to))),
    openPull: (ref, pull) => changing(world, () => openPull(world, find(ref), who(world, pull), pull)),
    closePull: close,
    enableAutoMerge: (ref, number, { method = "merge", ...as }) => autoMerge(ref, number, as, method),
    disableAutoMerge: (ref, number, as) => autoMerge(ref, number, as, undefined),
    mergePull: (ref, number, as) =>
      changing(world, () => mergePull(world, find(ref), pullIn(find(ref), number), who(world, as))),
  };
}

export const makeDeeds = (world: World, find: Find): PeopleDeeds => ({
  ...issueDeeds(world, find),
  ...checkDeeds(world, find),
  ...reviewDeeds(world, find),
});
