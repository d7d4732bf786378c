/**
 * Something is elsewhere now: a repository has another name or another owner, an issue is in another repository. Tasks that are
 * not over, or not told of, go along. The old name leads to the new place only until somebody gives it to something else.
 */
import { type CancelDeps, cancelTasks, openTasks, openTasksOfIssue } from "../cancel.ts";
import type {
  GainedRepositoriesPayload,
  IssueMovedPayload,
  RepositoryEditedPayload,
  RepositoryPayload,
} from "../ingress/payloads.ts";
import type { NewPlace } from "../task/task-news.ts";
import type { TaskSpec } from "../task/task-spec.ts";

type Deps = Pick<CancelDeps, "store" | "now">;

export const onRepositoryMoved =
  (deps: Deps) =>
  async ({ repository: { id, owner, name }, installation }: RepositoryPayload): Promise<void> =>
    await move(deps, (spec) => spec.repository.id === id, {
      repository: { id, owner, name },
      installationId: installation.id,
    });

/** Another branch is the default: what has not begun begins there, unless it was asked for another one. */
export const onDefaultBranchChanged =
  (deps: Deps) =>
  async ({ repository: { id, defaultBranch }, changes }: RepositoryEditedPayload): Promise<void> => {
    if (changes?.default_branch) await move(deps, (spec) => spec.repository.id === id, { defaultBranch });
  };

/** The App is installed on repositories that it may have known before, under another owner. */
export const onRepositoriesGained =
  (deps: Deps) =>
  async ({ installation, gained }: GainedRepositoriesPayload): Promise<void> => {
    for (const { id, owner, name } of gained) {
      const place = { repository: { id, owner, name }, installationId: installation.id };
      await move(deps, (spec) => spec.repository.id === id && spec.installationId !== installation.id, place);
    }
  };

/** Its tasks have nobody to work for where they are, and what is said of them goes with the issue. */
export const onIssueTransferred =
  (deps: CancelDeps) =>
  async ({ repository, issue, sender, changes }: IssueMovedPayload): Promise<void> => {
    const { id, owner, name } = changes.new_repository;
    const movedTo = { repository: { id, owner, name }, number: changes.new_issue.number };
    const isMeant = (spec: TaskSpec) => spec.repository.id === repository.id && spec.number === issue.number;
    await move(deps, isMeant, { movedTo });
    const ids = await openTasksOfIssue(deps.store, repository.id, issue.number);
    await cancelTasks(deps, ids, { kind: "issue_closed", by: sender.login, moved: true });
  };

async function move({ store, now }: Deps, isMeant: (spec: TaskSpec) => boolean, place: NewPlace): Promise<void> {
  const open = await openTasks(store, ({ spec }) => isMeant(spec));
  const untold = await store.readMany(await store.reports.members());
  const ids = new Set([...open, ...untold.filter(({ spec }) => isMeant(spec)).map(({ spec }) => spec.id)]);
  // Even those that know: what they have to say may have been refused for as long as they did not.
  for (const id of ids) {
    await store.advance(id, { name: "moved", place, at: now() });
    if (place.defaultBranch === undefined) await store.hastenReport(id, now());
  }
}
