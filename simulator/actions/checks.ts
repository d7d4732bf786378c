/** Check runs of the App and of others, with their events. */
import { invalid } from "../routes/reply.ts";
import { checkRun as runJson, checkSuite as suiteJson } from "../serialise/check.ts";
import { suiteOfRun, suiteState } from "../serialise/suite-state.ts";
import type { CheckRun, CheckSuite, OtherApp, Repository } from "../store/model.ts";
import { timestamp } from "../store/store.ts";
import { emit } from "../webhooks/emit.ts";
import type { World } from "../world.ts";
import type { By } from "./by.ts";
import { emitSuite, ensureOtherSuite, ensureSuite } from "./suites.ts";

async function emitRun(
  world: World,
  repo: Repository,
  run: CheckRun,
  action: "created" | "completed" | "rerequested" | "requested_action",
  by: By,
  more: Record<string, unknown> = {},
): Promise<void> {
  const suite = suiteOfRun(repo, run);
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
  return addRun(world, repo, suite, by, fields);
}

async function addRun(
  world: World,
  repo: Repository,
  suite: CheckSuite,
  by: By,
  fields: RunFields & { name: string },
): Promise<CheckRun> {
  const run: CheckRun = {
    status: "queued",
    annotations: [],
    actions: [],
    ...fields,
    id: world.store.nextId("run"),
    suiteId: suite.id,
    sha: suite.sha,
  };
  run.startedAt ??= timestamp();
  normalise(run);
  repo.checkRuns.push(run);
  suite.awaited = false;
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
  const suite = suiteOfRun(repo, run);
  if (suite) suite.awaited = false;
  if (run.status === "completed" && before !== "completed") await completed(world, repo, run, by);
}

async function completed(world: World, repo: Repository, run: CheckRun, by: By): Promise<void> {
  await emitRun(world, repo, run, "completed", by);
  const suite = suiteOfRun(repo, run);
  if (suite && suiteState(repo, suite).status === "completed") await emitSuite(world, repo, suite, "completed", by);
}

/** Another App says how its check of a commit stands: a run under way is carried on, else there is a new one. */
export async function reportRun(
  world: World,
  repo: Repository,
  app: OtherApp,
  sha: string,
  fields: RunFields & { name: string },
): Promise<CheckRun> {
  const suite = ensureOtherSuite(world, repo, sha, app);
  const by = { account: app.owner, viaApp: false };
  const running = repo.checkRuns.find(
    (each) => each.suiteId === suite.id && each.name === fields.name && each.status !== "completed",
  );
  if (!running) return addRun(world, repo, suite, by, fields);
  await updateRun(world, repo, running, by, fields);
  return running;
}

/** "Re-run": its App is asked, and does what it likes. The run itself stays as it is; its suite waits. */
export async function rerequestRun(world: World, repo: Repository, run: CheckRun, by: By): Promise<void> {
  const suite = suiteOfRun(repo, run);
  if (suite) suite.awaited = true;
  if (!suite?.otherApp) await emitRun(world, repo, run, "rerequested", by);
}

/** One of the buttons that the App gave the run. */
export async function requestAction(
  world: World,
  repo: Repository,
  run: CheckRun,
  identifier: string,
  by: By,
): Promise<void> {
  if (!run.actions.some((each) => each.identifier === identifier))
    throw new Error(`check run ${run.id} has no button ${identifier}`);
  await emitRun(world, repo, run, "requested_action", by, { requested_action: { identifier } });
}
