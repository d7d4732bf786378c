/** Check runs. Only the App makes them, as on GitHub; people with write access may ask for a re-run. */
import { z } from "zod";
import { createRun, type RunFields, rerequestRun, updateRun } from "../actions/checks.ts";
import { resolveCommit } from "../git/repository.ts";
import { checkRun as runJson } from "../serialise/check.ts";
import { pageUrl } from "../serialise/repository.ts";
import { newestRuns, suiteOfRun } from "../serialise/suite-state.ts";
import type { Annotation, CheckRun, CheckStatus, Conclusion } from "../store/model.ts";
import {
  by,
  moment,
  numberParam,
  optionalChoice,
  optionalField,
  optionalText,
  type RepositoryCall,
  text,
} from "./call.ts";
import { counted, listed } from "./pages.ts";
import { ApiError, created, invalid, notFound, ok, type Reply } from "./reply.ts";
import { inRepository, type Route, read, write } from "./router.ts";

export const reading = read("checks");
export const writing = write("write", "checks");

const statuses: readonly CheckStatus[] = ["queued", "in_progress", "completed", "waiting", "requested", "pending"];
const conclusions: readonly Conclusion[] = [
  "success",
  "failure",
  "neutral",
  "cancelled",
  "skipped",
  "timed_out",
  "action_required",
  "stale",
];
/** GitHub's limit for `summary` and `text`; characters. */
const maxText = 65_535;

function runOf(call: RepositoryCall): CheckRun {
  const id = numberParam(call, "id");
  const run = call.repo.checkRuns.find((each) => each.id === id);
  if (!run) throw notFound();
  return run;
}

/** The run, when it is the App's own: nobody changes those of another. */
function ownRunOf(call: RepositoryCall): CheckRun {
  const run = runOf(call);
  const other = suiteOfRun(call.repo, run)?.otherApp;
  if (other)
    throw new ApiError(
      403,
      `Invalid app_id \`${call.world.app.id}\` - check run can only be modified by the GitHub App that created it.`,
    );
  return run;
}

const annotationShape: z.ZodType<Annotation> = z.object({
  path: z.string(),
  start_line: z.int(),
  end_line: z.int(),
  annotation_level: z.enum(["notice", "warning", "failure"]),
  message: z.string(),
  title: z.string().optional(),
  raw_details: z.string().optional(),
  start_column: z.int().optional(),
  end_column: z.int().optional(),
});
const outputShape = z.object({
  title: z.string().optional(),
  summary: z.string().optional(),
  text: z.string().optional(),
  annotations: z.array(annotationShape).optional(),
});
/** GitHub's limits for buttons; characters. */
const actionShape = z.object({
  label: z.string().max(20),
  description: z.string().max(40),
  identifier: z.string().max(20),
});
const actionsShape = z.array(actionShape).max(3);

function outputOf(call: RepositoryCall): z.infer<typeof outputShape> {
  const output = optionalField(call, "output", outputShape) ?? {};
  for (const key of ["summary", "text"] as const)
    if ((output[key]?.length ?? 0) > maxText)
      throw invalid("CheckRun", key, `${key} exceeds a maximum length of ${maxText} characters`, "invalid");
  if ((output.annotations?.length ?? 0) > 50)
    throw invalid("CheckRun", "annotations", "at most 50 annotations", "invalid");
  return output;
}

/** What the request says; absent fields stay absent so that an update leaves them alone. */
function fieldsOf(call: RepositoryCall): RunFields {
  const output = outputOf(call);
  const said = {
    name: optionalText(call, "name"),
    status: optionalChoice(call, "status", statuses),
    conclusion: optionalChoice(call, "conclusion", conclusions),
    externalId: optionalText(call, "external_id"),
    detailsUrl: optionalText(call, "details_url"),
    startedAt: optionalField(call, "started_at", moment),
    completedAt: optionalField(call, "completed_at", moment),
    title: output.title,
    summary: output.summary,
    text: output.text,
    annotations: output.annotations,
    actions: optionalField(call, "actions", actionsShape),
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

export function demandApp(call: RepositoryCall): void {
  if (call.actor.kind !== "installation") throw new ApiError(403, "You must authenticate via a GitHub App.");
}

async function create(call: RepositoryCall): Promise<Reply> {
  demandApp(call);
  const { world, repo } = call;
  const name = text(call, "name");
  const wanted = text(call, "head_sha");
  const sha = /^[0-9a-f]{40}$/.test(wanted) ? await resolveCommit(repo.dir, wanted) : undefined;
  if (!sha) throw new ApiError(422, `No commit found for SHA: ${wanted}`);
  return created(runJson(world, repo, await createRun(world, repo, by(call), sha, { ...fieldsOf(call), name })));
}

async function update(call: RepositoryCall): Promise<Reply> {
  demandApp(call);
  const run = ownRunOf(call);
  await updateRun(call.world, call.repo, run, by(call), fieldsOf(call));
  return ok(runJson(call.world, call.repo, run));
}

/** check_name, status, filter=latest|all, app_id. */
export function listRuns(call: RepositoryCall, runs: CheckRun[]): Promise<Reply> {
  const query = call.url.searchParams;
  const [name, status, appId] = [query.get("check_name"), query.get("status"), query.get("app_id")];
  // Two Apps may each have a check of that name.
  const suites = new Set(runs.map((run) => run.suiteId));
  const latest = [...suites].flatMap((id) => newestRuns(runs.filter((run) => run.suiteId === id)));
  const wanted = [...(query.get("filter") === "all" ? runs : latest)]
    .sort((a, b) => b.id - a.id)
    .filter((run) => !name || run.name === name)
    .filter((run) => !status || run.status === status)
    .filter((run) => !appId || Number(appId) === (suiteOfRun(call.repo, run)?.otherApp?.id ?? call.world.app.id));
  return counted(call, "check_runs", wanted, (run) => runJson(call.world, call.repo, run));
}

/** The commit of `{ref}`: a branch, a tag or an id. */
export async function commitOf(call: RepositoryCall): Promise<string> {
  const ref = call.params.ref ?? "";
  const sha = await resolveCommit(call.repo.dir, ref.replace(/^heads\//, ""));
  if (!sha) throw new ApiError(422, `No commit found for SHA: ${ref}`);
  return sha;
}

async function rerequest(call: RepositoryCall): Promise<Reply> {
  await rerequestRun(call.world, call.repo, ownRunOf(call), by(call));
  return created({});
}

const annotation = (call: RepositoryCall, run: CheckRun) => (each: Annotation) => ({
  ...each,
  start_column: each.start_column ?? null,
  end_column: each.end_column ?? null,
  title: each.title ?? null,
  raw_details: each.raw_details ?? null,
  blob_href: `${pageUrl(call.world, call.repo)}/blob/${run.sha}/${each.path}`,
});

export const checkRoutes: Route[] = [
  inRepository("POST", "/check-runs", writing, create, { content: true }),
  inRepository("GET", "/check-runs/{id}", reading, (call) => ok(runJson(call.world, call.repo, runOf(call)))),
  inRepository("PATCH", "/check-runs/{id}", writing, update),
  inRepository("GET", "/check-runs/{id}/annotations", reading, (call) => {
    const run = runOf(call);
    return listed(call, run.annotations, annotation(call, run));
  }),
  inRepository("POST", "/check-runs/{id}/rerequest", writing, rerequest),
  inRepository("GET", "/commits/{ref}/check-runs", reading, async (call) => {
    const sha = await commitOf(call);
    return listRuns(
      call,
      call.repo.checkRuns.filter((run) => run.sha === sha),
    );
  }),
];
