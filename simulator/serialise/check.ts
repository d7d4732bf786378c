/** Check runs and check suites as GitHub's JSON. */
import { readCommit } from "../git/history.ts";
import type { CheckRun, CheckSuite, Repository } from "../store/model.ts";
import { pullsOf } from "../store/store.ts";
import type { Schemas, World } from "../world.ts";
import { integration, nodeId, otherIntegration } from "./account.ts";
import { simpleCommit } from "./commit.ts";
import { type PullIssue, pullMinimal } from "./pull.ts";
import { apiUrl, pageUrl, repository } from "./repository.ts";
import { runsOf, suiteOfRun, suiteState } from "./suite-state.ts";

const pullsAt = (world: World, repo: Repository, sha: string): Schemas["pull-request-minimal"][] =>
  pullsOf(repo)
    .filter((each): each is PullIssue => each.state === "open" && each.pull?.headSha === sha)
    .map((each) => pullMinimal(world, repo, each));

const appOf = (world: World, suite: CheckSuite | undefined) =>
  suite?.otherApp ? otherIntegration(world, suite.otherApp) : integration(world);

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
