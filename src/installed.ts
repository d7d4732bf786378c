/** What the App is installed on: its installations, and the repositories of each. One request for each hundred. */
import { classify, type GitHub, isFinal, type Octokit } from "./github.ts";
import type { Logger } from "./log.ts";

/** `pushedAt`: ISO 8601; empty where nobody ever has. */
export type Installed = {
  id: number;
  owner: string;
  name: string;
  installationId: number;
  defaultBranch: string;
  pushedAt: string;
  isArchived: boolean;
};

/** `keepOn` comes before each request; what it throws ends the listing. Suspended ones are left out. */
export async function installations(app: Octokit, keepOn: () => Promise<void>): Promise<number[]> {
  const ids: number[] = [];
  await keepOn();
  for await (const { data } of app.paginate.iterator(app.rest.apps.listInstallations, { per_page: 100 })) {
    ids.push(...data.filter((each) => !each.suspended_at).map(({ id }) => id));
    await keepOn();
  }
  return ids;
}

/** Undefined when the installation is closed to us by now. Throws what GitHub answers where that may pass. */
export async function repositoriesOf(
  { github, log }: { github: GitHub; log: Logger },
  installationId: number,
  keepOn: () => Promise<void>,
): Promise<Installed[] | undefined> {
  const all: Installed[] = [];
  try {
    const octokit = await github.forInstallation(installationId);
    const { listReposAccessibleToInstallation } = octokit.rest.apps;
    for await (const { data } of octokit.paginate.iterator(listReposAccessibleToInstallation, { per_page: 100 })) {
      all.push(
        ...data.map(({ id, name, owner, pushed_at, default_branch, archived }) => {
          const place = { id, owner: owner.login, name, installationId };
          return { ...place, defaultBranch: default_branch, pushedAt: pushed_at ?? "", isArchived: archived };
        }),
      );
      await keepOn();
    }
    return all;
  } catch (error) {
    if (!isFinal(classify(error))) throw error;
    log.info({ err: error, installation: installationId }, "an installation is closed to us: left out");
    return undefined;
  }
}
