/**
 * With every push GitHub gives each App that may write checks a check suite of its own. Where the App says nothing of the
 * commit, that suite stays queued for ever, and whoever waits for all suites (merge bots, scripts) waits with it. Orch says
 * something of very few commits, so each repository is told once to make no suite for it by itself: one comes with each check
 * run of ours.
 */
import { classify, type GitHub } from "../github.ts";
import type { Logger } from "../log.ts";
import type { KnownRepository, ScheduleStore } from "../task/schedules.ts";

type Deps = { github: GitHub; schedules: Pick<ScheduleStore, "quieted">; log: Logger };

/** Throws what may pass. Where GitHub does not let us, it is tried again whenever the repository is looked at. */
export async function quietSuites({ github, schedules, log }: Deps, repository: KnownRepository): Promise<void> {
  const { id, owner, name: repo, installationId } = repository;
  if (await schedules.quieted.has(id)) return;
  try {
    const octokit = await github.forInstallation(installationId);
    const { id: app_id } = await github.appIdentity(installationId);
    const auto_trigger_checks = [{ app_id, setting: false }];
    await octokit.rest.checks.setSuitesPreferences({ owner, repo, auto_trigger_checks });
    await schedules.quieted.add(id);
  } catch (error) {
    const failure = classify(error);
    if (failure === "unavailable" || failure === "rate_limited") throw error;
    log.warn({ err: error, failure, repo: id }, "pushes to the repository give us check suites that stay queued");
  }
}
