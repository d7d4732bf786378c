/** Check suites and check runs of the App, with their events. */
import { invalid } from "../routes/reply.ts";
import { checkRun as runJson, runsOf, checkSuite as suiteJson, suiteState } from "../serialise/check.ts";
import type { CheckRun, CheckSuite, Repository } from "../store/model.ts";
import { installationOf, timestamp } from "../store/store.ts";
import { emit } from "../webhooks/emit.ts";
import type { World } from "../world.ts";
import type { By } from "./by.ts";

type SuiteOrigin = { branch?: string; before?: string; by: By };

/** The App's suite for a commit; made (and announced) when the commit has none and the App is installed. */
export async function ensureSuite(
  world: World,
  repo: Repository,
  sha: string,
  origin: SuiteOrigin,
): Promise<CheckSuite | undefined> {
  const known = repo.checkSuites.find((each) => each.sha === sha);
  if (known) return known;
  if (!installationOf(world.store, repo)) return undefined;
  const { branch, before } = origin;
  const suite: CheckSuite = { id: world.store.nextId("suite"), sha, branch, before, createdAt: timestamp() };
  repo.checkSuites.push(suite);
  await emitSuite(world, repo, suite, "requested", origin.by);
  return suite;
}

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

export async function emitRun(
  world: World,
  repo: Repository,
  run: CheckRun,
  action: "created" | "completed" | "rerequested" | "requested_action",
  by: By,
  more: Record<string, unknown> = {},
): Promise<void> {
  const suite = repo.checkSuites.find((each) => each.id === run.suiteId);
  if (!suite) throw new Error(`check run ${run.id} belongs to no suite`);
  const check_suite = { ...(await suiteJson(world, repo, suite)), repository: undefined };
  emit(
    world,
    repo,
    "check_run",
    { action, check_run: { ...runJson(world, repo, run), check_suite }, ...more },
    by.account,
  );
}

/** The fields that an App may give; all but `name` and `sha` may change later. */
export type RunFields = Partial<Omit<CheckRun, "id" | "suiteId" | "sha">>;

/** `completed` and a conclusion come together, whichever of them was said. */
function normalise(run: CheckRun): void {
  if (run.conclusion !== undefined) run.status = "completed";
  if (run.status !== "completed") {
    run.conclusion = run.completedAt = undefined;
    return;
  }
  if (run.conclusion === undefined)
    throw invalid("CheckRun", "conclusion", "conclusion is required when status is completed", "missing_field");
  run.completedAt ??= timestamp();
}

export async function createRun(
  world: World,
  repo: Repository,
  by: By,
  sha: string,
  fields: RunFields & { name: string },
): Promise<CheckRun> {
  const suite = await ensureSuite(world, repo, sha, { by });
  if (!suite) throw invalid("CheckRun", "head_sha", "the App is not installed", "invalid");
  const run: CheckRun = {
    status: "queued",
    annotations: [],
    actions: [],
    ...fields,
    id: world.store.nextId("run"),
    suiteId: suite.id,
    sha,
  };
  run.startedAt ??= timestamp();
  normalise(run);
  repo.checkRuns.push(run);
  await emitRun(world, repo, run, "created", by);
  if (run.status === "completed") await completed(world, repo, run, by);
  return run;
}

export async function updateRun(
  world: World,
  repo: Repository,
  run: CheckRun,
  by: By,
  fields: RunFields,
): Promise<void> {
  const before = run.status;
  const next: CheckRun = { ...run, ...fields, annotations: [...run.annotations, ...(fields.annotations ?? [])] };
  if (fields.status !== undefined && fields.status !== "completed") next.conclusion = fields.conclusion;
  normalise(next);
  Object.assign(run, next);
  if (run.status === "completed" && before !== "completed") await completed(world, repo, run, by);
}

async function completed(world: World, repo: Repository, run: CheckRun, by: By): Promise<void> {
  await emitRun(world, repo, run, "completed", by);
  const suite = repo.checkSuites.find((each) => each.id === run.suiteId);
  if (suite && suiteState(runsOf(repo, suite)).status === "completed")
    await emitSuite(world, repo, suite, "completed", by);
}
