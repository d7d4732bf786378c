/** Check runs, check suites and statuses as GitHub's JSON. */
import { readCommit } from "../git/history.ts";
import type { CheckRun, CheckSuite, Repository, Status } from "../store/model.ts";
import { pullsOf } from "../store/store.ts";
import type { Schemas, World } from "../world.ts";
import { integration, nodeId, otherIntegration, user } from "./account.ts";
import { simpleCommit } from "./commit.ts";
import { type PullIssue, pullMinimal } from "./pull.ts";
import { apiUrl, pageUrl, repository } from "./repository.ts";

const pullsAt = (world: World, repo: Repository, sha: string): Schemas["pull-request-minimal"][] =>
  pullsOf(repo)
    .filter((each): each is PullIssue => each.state === "open" && each.pull?.headSha === sha)
    .map((each) => pullMinimal(world, repo, each));

const appOf = (world: World, suite: CheckSuite | undefined) =>
  suite?.otherApp ? otherIntegration(world, suite.otherApp) : integration(world);

export const suiteOfRun = (repo: Repository, run: CheckRun): CheckSuite | undefined =>
  repo.checkSuites.find((each) => each.id === run.suiteId);

export function checkRun(world: World, repo: Repository, run: CheckRun): Schemas["check-run"] {
  const url = `${apiUrl(world, repo)}/check-runs/${run.id}`;
  const page = `${pageUrl(world, repo)}/runs/${run.id}`;
  return {
    id: run.id,
    name: run.name,
    node_id: nodeId("CR", run.id),
    head_sha: run.sha,
    external_id: run.externalId ?? "",
    url,
    html_url: page,
    details_url: run.detailsUrl ?? page,
    status: run.status,
    conclusion: (run.conclusion ?? null) as Schemas["check-run"]["conclusion"],
    started_at: run.startedAt ?? null,
    completed_at: run.completedAt ?? null,
    output: {
      title: run.title ?? null,
      summary: run.summary ?? null,
      text: run.text ?? null,
      annotations_count: run.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: run.suiteId },
    app: appOf(world, suiteOfRun(repo, run)),
    pull_requests: pullsAt(world, repo, run.sha),
  };
}

/** Of several runs with one name only the newest counts. */
export const newestRuns = (runs: readonly CheckRun[]): CheckRun[] =>
  runs.filter((run) => !runs.some((each) => each.name === run.name && each.id > run.id));

/** Status and conclusion of a suite follow from its newest runs, as on GitHub: the worst conclusion counts. */
export function suiteState(repo: Repository, suite: CheckSuite) {
  const runs = newestRuns(runsOf(repo, suite));
  if (runs.length === 0 || suite.awaited) return { status: "queued" as const, conclusion: undefined };
  if (runs.some((run) => run.status !== "completed"))
    return { status: runs.every((run) => run.status === "queued") ? ("queued" as const) : ("in_progress" as const) };
  const order = [
    "failure",
    "timed_out",
    "cancelled",
    "action_required",
    "stale",
    "success",
    "neutral",
    "skipped",
  ] as const;
  return {
    status: "completed" as const,
    conclusion: order.find((each) => runs.some((run) => run.conclusion === each)),
  };
}

export const runsOf = (repo: Repository, suite: CheckSuite): CheckRun[] =>
  repo.checkRuns.filter((run) => run.suiteId === suite.id);

export async function checkSuite(world: World, repo: Repository, suite: CheckSuite): Promise<Schemas["check-suite"]> {
  const url = `${apiUrl(world, repo)}/check-suites/${suite.id}`;
  const runs = runsOf(repo, suite);
  const { status, conclusion } = suiteState(repo, suite);
  return {
    id: suite.id,
    node_id: nodeId("CS", suite.id),
    head_branch: suite.branch ?? null,
    head_sha: suite.sha,
    status,
    conclusion: conclusion ?? null,
    url,
    before: suite.before ?? null,
    after: suite.sha,
    pull_requests: pullsAt(world, repo, suite.sha),
    app: appOf(world, suite),
    repository: repository(world, repo),
    created_at: suite.createdAt,
    updated_at: suite.createdAt,
    rerequestable: true,
    runs_rerequestable: true,
    latest_check_runs_count: runs.length,
    check_runs_url: `${url}/check-runs`,
    head_commit: simpleCommit(await readCommit(repo.dir, suite.sha)),
  };
}

export function status(world: World, repo: Repository, each: Status): Schemas["status"] {
  return {
    url: `${apiUrl(world, repo)}/statuses/${each.sha}`,
    avatar_url: user(world, each.creator).avatar_url,
    id: each.id,
    node_id: nodeId("SC", each.id),
    state: each.state,
    description: each.description ?? null,
    target_url: each.targetUrl ?? null,
    context: each.context,
    created_at: each.createdAt,
    updated_at: each.createdAt,
    creator: user(world, each.creator),
  };
}
