/** How a suite stands, and which of its runs count. */
import type { CheckRun, CheckSuite, Repository } from "../store/model.ts";

export const suiteOfRun = (repo: Repository, run: CheckRun): CheckSuite | undefined =>
  repo.checkSuites.find((each) => each.id === run.suiteId);

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

/** The newest run of each check that any App has on the commit. */
export const checksOn = (repo: Repository, sha: string): CheckRun[] =>
  repo.checkSuites.filter((suite) => suite.sha === sha).flatMap((suite) => newestRuns(runsOf(repo, suite)));
