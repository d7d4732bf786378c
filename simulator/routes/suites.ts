/** Check suites: those that pushes made, those that the App makes by itself, and whether pushes make any. */
import { z } from "zod";
import { ensureSuite, findSuite, rerequestSuite } from "../actions/suites.ts";
import { resolveCommit } from "../git/repository.ts";
import { checkSuite as suiteJson } from "../serialise/check.ts";
import { repository } from "../serialise/repository.ts";
import { runsOf } from "../serialise/suite-state.ts";
import type { CheckSuite } from "../store/model.ts";
import { by, numberParam, optionalField, type RepositoryCall, text } from "./call.ts";
import { commitOf, demandApp, listRuns, reading, writing } from "./checks.ts";
import { counted } from "./pages.ts";
import { ApiError, created, notFound, ok, type Reply } from "./reply.ts";
import { inRepository, type Route, write } from "./router.ts";

function suiteOf(call: RepositoryCall): CheckSuite {
  const id = numberParam(call, "id");
  const suite = call.repo.checkSuites.find((each) => each.id === id);
  if (!suite) throw notFound();
  return suite;
}

async function create(call: RepositoryCall): Promise<Reply> {
  demandApp(call);
  const { world, repo } = call;
  const sha = await resolveCommit(repo.dir, text(call, "head_sha"));
  const known = sha && findSuite(repo, sha);
  const suite = sha && (await ensureSuite(world, repo, sha, { by: by(call) }));
  if (!suite) throw new ApiError(422, "No commit found for that SHA");
  return { ...ok(await suiteJson(world, repo, suite)), status: known ? 200 : 201 };
}

async function rerequest(call: RepositoryCall): Promise<Reply> {
  await rerequestSuite(call.world, call.repo, suiteOf(call), by(call));
  return created({});
}

/** app_id and check_name, as GitHub filters them. */
async function list(call: RepositoryCall): Promise<Reply> {
  const { world, repo, url } = call;
  const sha = await commitOf(call);
  const [appId, name] = [url.searchParams.get("app_id"), url.searchParams.get("check_name")];
  const suites = repo.checkSuites
    .filter((each) => each.sha === sha)
    .filter((each) => !appId || Number(appId) === (each.otherApp?.id ?? world.app.id))
    .filter((each) => !name || runsOf(repo, each).some((run) => run.name === name));
  return counted(call, "check_suites", suites, (each) => suiteJson(world, repo, each));
}

const preference = z.array(z.object({ app_id: z.int(), setting: z.boolean() }));

/** Whether a push gives the App a suite. */
function prefer(call: RepositoryCall): Reply {
  const { repo, world } = call;
  const wanted = optionalField(call, "auto_trigger_checks", preference) ?? [];
  repo.autoSuites = wanted.find((each) => each.app_id === world.app.id)?.setting ?? repo.autoSuites;
  const auto_trigger_checks = [{ app_id: world.app.id, setting: repo.autoSuites }];
  return ok({ preferences: { auto_trigger_checks }, repository: repository(world, repo) });
}

export const suiteRoutes: Route[] = [
  inRepository("POST", "/check-suites", writing, create),
  inRepository("PATCH", "/check-suites/preferences", write("admin", "checks"), prefer),
  inRepository("GET", "/check-suites/{id}", reading, async (call) =>
    ok(await suiteJson(call.world, call.repo, suiteOf(call))),
  ),
  inRepository("GET", "/check-suites/{id}/check-runs", reading, (call) =>
    listRuns(call, runsOf(call.repo, suiteOf(call))),
  ),
  inRepository("POST", "/check-suites/{id}/rerequest", writing, rerequest),
  inRepository("GET", "/commits/{ref}/check-suites", reading, list),
];
