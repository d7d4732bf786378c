/**
 * A repository's `.github/orch.yml` may have changed: somebody pushed to the default branch, another branch became that, or
 * there are other repositories than before. Only noted here; the file is read off the delivery.
 */
import type { InstallationPayload, PushPayload, RepositoryPayload } from "../ingress/payloads.ts";
import type { Schedules } from "../schedules/schedules.ts";
import { REPOSITORY_FILES } from "../settings/repository-file.ts";

export type FileDeps = { schedules: Pick<Schedules, "lookAgain" | "lookAtAll"> };

/** GitHub names no more commits than that, and in each no more files than it likes. */
const NAMED_COMMITS = 20;
const NAMED_FILES = 3_000;

export const onPush =
  ({ schedules }: FileDeps) =>
  async (push: PushPayload): Promise<void> => {
    const { repository, installation } = push;
    if (push.ref !== `refs/heads/${repository.defaultBranch}` || push.deleted || !mayTouchFile(push)) return;
    await schedules.lookAgain({ ...placeOf(repository), installationId: installation.id, head: push.after });
  };

/** Most pushes say that they do not. */
function mayTouchFile({ commits, created, forced }: PushPayload): boolean {
  if (created || forced || commits.length === 0 || commits.length >= NAMED_COMMITS) return true;
  return commits.some(({ added, modified, removed }) => {
    const all = [...added, ...modified, ...removed];
    return all.length >= NAMED_FILES || all.some((path) => REPOSITORY_FILES.some((file) => file === path));
  });
}

/** Its name, or its default branch. */
export const onRepositoryChanged =
  ({ schedules }: FileDeps) =>
  ({ repository, installation }: RepositoryPayload): Promise<void> =>
    schedules.lookAgain({ ...placeOf(repository), installationId: installation.id });

/** Repositories came to us or were taken away. */
export const onAccessChanged =
  ({ schedules }: FileDeps) =>
  (_: Pick<InstallationPayload, "installation">): Promise<void> =>
    schedules.lookAtAll();

const placeOf = ({ id, owner, name }: RepositoryPayload["repository"]) => ({ id, owner, name });
