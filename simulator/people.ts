/**
 * Deeds of people (and of the bot), as tests and the demo ask for them: the same actions as behind REST, without HTTP.
 * A login that is not known yet becomes a user.
 */

import type { By } from "./actions/by.ts";
import { emitRun } from "./actions/checks.ts";
import { addComment, deleteComment, editComment } from "./actions/comments.ts";
import { closeIssue, editIssue, isPull, openIssue, reopenIssue, sameName, setLabels } from "./actions/issues.ts";
import { mergePull, openPull } from "./actions/pulls.ts";
import type { RepositoryRef, Simulator } from "./api.ts";
import type { PullIssue } from "./serialise/pull.ts";
import type { Comment, Issue, Repository } from "./store/model.ts";
import { ensureAccount, fullName } from "./store/store.ts";
import type { World } from "./world.ts";

export function byLogin(world: World, login: string): By {
  const account = ensureAccount(world.store, login, "User");
  return { account, viaApp: account.type === "Bot" };
}

function issueIn(repo: Repository, number: number): Issue {
  const issue = repo.issues.get(number);
  if (!issue) throw new Error(`${fullName(repo)} has no issue or pull request ${number}`);
  return issue;
}

function pullIn(repo: Repository, number: number): PullIssue {
  const issue = issueIn(repo, number);
  if (!isPull(issue)) throw new Error(`${fullName(repo)}#${number} is no pull request`);
  return issue;
}

function commentIn(repo: Repository, id: number): Comment {
  const comment = repo.comments.get(id);
  if (!comment) throw new Error(`${fullName(repo)} has no comment ${id}`);
  return comment;
}

type Deeds = Pick<
  Simulator,
  | "openIssue"
  | "editIssue"
  | "closeIssue"
  | "reopenIssue"
  | "comment"
  | "editComment"
  | "deleteComment"
  | "addLabel"
  | "removeLabel"
  | "openPull"
  | "closePull"
  | "mergePull"
  | "rerequestCheck"
>;

export function makeDeeds(world: World, find: (ref: RepositoryRef) => Repository): Deeds {
  /** Everything here ends with a change, so that whoever waits looks again. */
  const changing = async <T>(deed: () => T | Promise<T>): Promise<T> => {
    try {
      return await deed();
    } finally {
      world.bus.emit("change");
    }
  };
  const who = (options: { as: string }): By => byLogin(world, options.as);
  const relabel = (ref: RepositoryRef, number: number, as: { as: string }, change: (names: string[]) => string[]) =>
    changing(() => {
      const issue = issueIn(find(ref), number);
      const names = issue.labels.map((each) => each.name);
      return setLabels(world, find(ref), issue, who(as), change(names));
    });
  const close: Deeds["closeIssue"] = (ref, number, as) =>
    changing(() => closeIssue(world, find(ref), issueIn(find(ref), number), who(as)));
  return {
    openIssue: (ref, text) => changing(() => openIssue(world, find(ref), who(text), text)),
    editIssue: (ref, number, change, as) =>
      changing(() => editIssue(world, find(ref), issueIn(find(ref), number), who(as), change)),
    closeIssue: close,
    reopenIssue: (ref, number, as) =>
      changing(() => reopenIssue(world, find(ref), issueIn(find(ref), number), who(as))),
    comment: (ref, number, body, as) =>
      changing(() => addComment(world, find(ref), issueIn(find(ref), number), who(as), body)),
    editComment: (ref, id, body, as) =>
      changing(() => editComment(world, find(ref), commentIn(find(ref), id), who(as), body)),
    deleteComment: (ref, id, as) => changing(() => deleteComment(world, find(ref), commentIn(find(ref), id), who(as))),
    addLabel: (ref, number, label, as) => relabel(ref, number, as, (names) => [...names, label]),
    removeLabel: (ref, number, label, as) =>
      relabel(ref, number, as, (names) => names.filter((each) => !sameName(each, label))),
    openPull: (ref, pull) => changing(() => openPull(world, find(ref), who(pull), pull)),
    closePull: close,
    mergePull: (ref, number, as) => changing(() => mergePull(world, find(ref), pullIn(find(ref), number), who(as))),
    rerequestCheck: (ref, id, as) =>
      changing(() => {
        const run = find(ref).checkRuns.find((each) => each.id === id);
        if (!run) throw new Error(`there is no check run ${id}`);
        return emitRun(world, find(ref), run, "rerequested", who(as));
      }),
  };
}
