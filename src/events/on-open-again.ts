/**
 * GitHub may take our words again: a repository is no longer archived, the App is no longer suspended or has a repository or
 * a permission back, a conversation was unlocked. What could not be told until then is told now, not at the next look.
 */
import type { InstallationPayload, IssuePayload, RepositoryPayload } from "../ingress/payloads.ts";
import type { TaskStore } from "../task/store.ts";
import type { TaskSpec } from "../task/task-spec.ts";

type Deps = { store: TaskStore; now: () => number };

export const onInstallationOpenAgain =
  (deps: Deps) =>
  ({ installation }: InstallationPayload): Promise<void> =>
    tellNow(deps, (spec) => spec.installationId === installation.id);

export const onRepositoryOpenAgain =
  (deps: Deps) =>
  ({ repository }: RepositoryPayload): Promise<void> =>
    tellNow(deps, (spec) => spec.repository.id === repository.id);

export const onConversationUnlocked =
  (deps: Deps) =>
  ({ repository, issue }: IssuePayload): Promise<void> =>
    tellNow(deps, (spec) => spec.repository.id === repository.id && spec.number === issue.number);

async function tellNow({ store, now }: Deps, isMeant: (spec: TaskSpec) => boolean): Promise<void> {
  for (const { task } of await store.stalledReports()) {
    if (isMeant(task.spec)) await store.hastenReport(task.spec.id, now());
  }
}
