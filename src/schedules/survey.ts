/**
 * Looks at all repositories that the App is installed on, for files that have changed unheard of: one request for each
 * hundred, and then only those are read to which somebody has pushed since.
 */
import { classify, type GitHub, type Octokit } from "../github.ts";
import { type Installed, installations, repositoriesOf } from "../installed.ts";
import type { Logger } from "../log.ts";
import type { KnownRepository, ScheduleStore } from "../task/schedules.ts";

export type SurveyDeps = { github: GitHub; schedules: ScheduleStore; now: () => number; log: Logger };

/** Of a large installation files are read so far apart, ms, after the first: its budget is for tasks. */
const APART_MS = 2_000;
const AT_ONCE = 100;

/** `keepOn` comes before each request; what it throws ends the survey. Throws what GitHub answers where that may pass. */
export async function survey(deps: SurveyDeps, keepOn: () => Promise<void>): Promise<void> {
  const { schedules, log } = deps;
  const app = await deps.github.forApp();
  const known = await schedules.repositories();
  const found = new Set<number>();
  const living = new Set<number>();
  for (const installationId of await installations(app, keepOn)) {
    const installed = await repositoriesOf(deps, installationId, keepOn);
    if (!installed) continue;
    const repositories = installed.map(asKnown);
    living.add(installationId);
    for (const { id } of repositories) found.add(id);
    await planReading(deps, repositories, known);
  }
  for (const repository of known.values()) {
    if (found.has(repository.id)) continue;
    // Pages shift while they are read, so one that was not listed may be there all the same.
    await keepOn();
    if (living.has(repository.installationId) && (await isInstalledOn(app, repository))) continue;
    await schedules.forget(repository.id);
    log.info({ repo: repository.id }, "a repository is not ours any more: its schedules are forgotten");
  }
}

function asKnown({ id, owner, name, installationId, pushedAt, defaultBranch }: Installed): KnownRepository {
  return { id, owner, name, installationId, stand: `${pushedAt} ${defaultBranch}` };
}

/** Those that have moved, or to which somebody has pushed, or where pushes still make check suites of ours. */
async function planReading(
  { schedules, now }: SurveyDeps,
  repositories: readonly KnownRepository[],
  known: ReadonlyMap<string, KnownRepository>,
): Promise<void> {
  const files = await schedules.allFiles();
  const quieted = await schedules.quieted.all();
  let count = 0;
  for (const repository of repositories) {
    const isRead = files.get(String(repository.id))?.stand === repository.stand;
    if (isRead && quieted.has(repository.id) && isSamePlace(known.get(String(repository.id)), repository)) continue;
    await schedules.toBeRead(repository, now() + Math.max(0, count - AT_ONCE) * APART_MS);
    count += 1;
  }
}

const isSamePlace = (one: KnownRepository | undefined, other: KnownRepository): boolean =>
  one?.owner === other.owner && one.name === other.name && one.installationId === other.installationId;

async function isInstalledOn(app: Octokit, { owner, name, installationId }: KnownRepository): Promise<boolean> {
  try {
    const { data } = await app.rest.apps.getRepoInstallation({ owner, repo: name });
    return data.id === installationId;
  } catch (error) {
    if (classify(error) !== "gone") throw error;
    return false;
  }
}
