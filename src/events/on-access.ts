/** We lost access to repositories: the App was removed or suspended, or a repository was archived, deleted or taken away. */
import { type CancelDeps, cancelTasks, openTasks } from "../cancel.ts";
import type { InstallationPayload, RemovedRepositoriesPayload, RepositoryPayload } from "../ingress/payloads.ts";

export const onInstallationRemoved =
  (deps: CancelDeps) =>
  async ({ installation }: InstallationPayload): Promise<void> => {
    const ids = await openTasks(deps.store, (task) => task.spec.installationId === installation.id);
    await cancelTasks(deps, ids, { kind: "installation_removed" });
  };

export const onRepositoriesRemoved =
  (deps: CancelDeps) =>
  async ({ repositories_removed }: RemovedRepositoriesPayload): Promise<void> => {
    const removed = new Set(repositories_removed.map((repository) => repository.id));
    const ids = await openTasks(deps.store, (task) => removed.has(task.spec.repository.id));
    await cancelTasks(deps, ids, { kind: "installation_removed" });
  };

export const onRepositoryArchived =
  (deps: CancelDeps) =>
  async ({ repository }: RepositoryPayload): Promise<void> => {
    const ids = await openTasks(deps.store, (task) => task.spec.repository.id === repository.id);
    await cancelTasks(deps, ids, { kind: "repository_archived" });
  };

export const onRepositoryDeleted =
  (deps: CancelDeps) =>
  ({ installation, repository }: RepositoryPayload): Promise<void> =>
    onRepositoriesRemoved(deps)({ installation, repositories_removed: [repository] });
