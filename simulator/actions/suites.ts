/** Check suites: one per App and commit, made by a push or by the first check run. */
import { checkSuite as suiteJson } from "../serialise/check.ts";
import type { CheckSuite, OtherApp, Repository } from "../store/model.ts";
import { installationOf, timestamp } from "../store/store.ts";
import { emit } from "../webhooks/emit.ts";
import type { World } from "../world.ts";
import type { By } from "./by.ts";

type SuiteOrigin = { branch?: string; before?: string; by: By };

/** The suite of the App, or of another one, for a commit. */
export const findSuite = (repo: Repository, sha: string, app?: OtherApp): CheckSuite | undefined =>
  repo.checkSuites.find((each) => each.sha === sha && each.otherApp === app);

function addSuite(world: World, repo: Repository, suite: Omit<CheckSuite, "id" | "createdAt">): CheckSuite {
  const made: CheckSuite = { ...suite, id: world.store.nextId("suite"), createdAt: timestamp() };
  repo.checkSuites.push(made);
  return made;
}

/** The App's suite for a commit; made (and announced) when the commit has none and the App may write checks there. */
export async function ensureSuite(
  world: World,
  repo: Repository,
  sha: string,
  origin: SuiteOrigin,
): Promise<CheckSuite | undefined> {
  const known = findSuite(repo, sha);
  if (known) return known;
  if (installationOf(world.store, repo)?.permissions.checks !== "write") return undefined;
  const { branch, before } = origin;
  const suite = addSuite(world, repo, { sha, branch, before });
  await emitSuite(world, repo, suite, "requested", origin.by);
  return suite;
}

/** A push asks every App with the permission, unless the repository's preference says no. */
export async function suiteOfPush(world: World, repo: Repository, sha: string, origin: SuiteOrigin): Promise<void> {
  if (repo.autoSuites) await ensureSuite(world, repo, sha, origin);
}

export const ensureOtherSuite = (world: World, repo: Repository, sha: string, otherApp: OtherApp): CheckSuite =>
  findSuite(repo, sha, otherApp) ?? addSuite(world, repo, { sha, otherApp });

export async function emitSuite(
  world: World,
  repo: Repository,
  suite: CheckSuite,
  action: "requested" | "rerequested" | "completed",
  by: By,
): Promise<void> {
  const json = await suiteJson(world, repo, suite);
  emit(world, repo, "check_suite", { action, check_suite: { ...json, repository: undefined } }, by.account);
}

/** "Re-run all checks": the suite is queued again until its App touches a run. */
export async function rerequestSuite(world: World, repo: Repository, suite: CheckSuite, by: By): Promise<void> {
  suite.awaited = true;
  // Only its own App is asked.
  if (!suite.otherApp) await emitSuite(world, repo, suite, "rerequested", by);
}
