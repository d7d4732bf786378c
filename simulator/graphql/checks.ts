/** All that is checked of a commit, in one list: check runs of every App, and commit statuses. */
import type { GraphQLResolveInfo } from "graphql";
import { read } from "../routes/router.ts";
import { nodeId } from "../serialise/account.ts";
import { pageUrl } from "../serialise/repository.ts";
import { latestStatuses } from "../serialise/status.ts";
import { checksOn } from "../serialise/suite-state.ts";
import type { CheckRun, Repository, Status } from "../store/model.ts";
import { connection, type PageArguments } from "./connection.ts";
import { permit, type Scope } from "./scope.ts";

const runNode = ({ world }: Scope, repo: Repository, run: CheckRun) => ({
  __typename: "CheckRun",
  id: nodeId("CR", run.id),
  databaseId: run.id,
  name: run.name,
  status: run.status.toUpperCase(),
  conclusion: run.conclusion?.toUpperCase() ?? null,
  title: run.title ?? null,
  summary: run.summary ?? null,
  text: run.text ?? null,
  detailsUrl: run.detailsUrl ?? `${pageUrl(world, repo)}/runs/${run.id}`,
});

const statusNode = (each: Status) => ({
  __typename: "StatusContext",
  id: nodeId("SC", each.id),
  context: each.context,
  state: each.state.toUpperCase(),
  description: each.description ?? null,
  targetUrl: each.targetUrl ?? null,
});

const passing = ["success", "neutral", "skipped"];

/** The worst counts; what failed counts more than what is still under way. */
function stateOf(runs: readonly CheckRun[], statuses: readonly Status[]): string {
  const failed = runs.some((run) => run.conclusion !== undefined && !passing.includes(run.conclusion));
  if (failed || statuses.some((each) => each.state === "failure")) return "FAILURE";
  if (statuses.some((each) => each.state === "error")) return "ERROR";
  const open = runs.some((run) => run.conclusion === undefined) || statuses.some((each) => each.state === "pending");
  return open ? "PENDING" : "SUCCESS";
}

/** Null where nothing was checked. */
export function checksOfCommit(scope: Scope, repo: Repository, sha: string) {
  const runs = checksOn(repo, sha);
  const statuses = latestStatuses(repo, sha);
  if (runs.length > 0) permit(scope, repo, read("checks"));
  if (statuses.length > 0) permit(scope, repo, read("statuses"));
  const nodes = [...runs.map((run) => runNode(scope, repo, run)), ...statuses.map(statusNode)];
  if (nodes.length === 0) return null;
  return {
    id: nodeId("SCR", sha),
    state: stateOf(runs, statuses),
    contexts: (wanted: PageArguments, _: unknown, info: GraphQLResolveInfo) =>
      connection(nodes, wanted, info, (each) => each),
  };
}
