/** We lost access to repositories: the App was removed or suspended, or a repository was archived, deleted or taken away. */
import { type CancelDeps, cancelTasks, openTasks } from "../cancel.ts";
import type { InstallationPayload, RemovedRepositoriesPayload, RepositoryPayload } from "../ingress/payloads.ts";
import type { Task } from "../task/task.ts";

export const onInstallationRemoved =
  (deps: CancelDeps) =>
  async ({ installation }: InstallationPayload): Promise<void> => {
    const ids = await openTasks(deps.store, (task) => task.spec.installationId === installation.id);
    await cancelTasks(deps, ids, { kind: "installation_removed" });
  };

export const onRepositoriesRemoved =
  (deps: CancelDeps) =>
  async ({ installation, repositories_removed }: RemovedRepositoriesPayload): Promise<void> => {
    const removed = new Set(repositories_removed.map((repository) => repository.id));
    // One that was transferred may be another installation's by now.
    const isOurs = ({ spec }: Task) => removed.has(spec.repository.id) && spec.installationId === installation.id;
    const ids = await openTasks(deps.store, isOurs);
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
