/** `mergeable_state`: what stands between a pull request and its merge, as far as checks and statuses tell. */
import type { Pull, Repository } from "../store/model.ts";
import { latestStatuses } from "./status.ts";
import { checksOn } from "./suite-state.ts";

const passing = ["success", "neutral", "skipped"];

/** Each check and status of the head commit, and whether it lets the merge pass. */
function verdicts(repo: Repository, sha: string): { name: string; passes: boolean }[] {
  const checks = checksOn(repo, sha).map(({ name, conclusion = "" }) => ({
    name,
    passes: passing.includes(conclusion),
  }));
  const statuses = latestStatuses(repo, sha).map(({ context, state }) => ({
    name: context,
    passes: state === "success",
  }));
  return [...checks, ...statuses];
}

/** @param mergeable what git says; null where the pull request is closed */
export function mergeableState(repo: Repository, pull: Pull, mergeable: boolean | null): string {
  if (mergeable === null) return "unknown";
  if (!mergeable) return "dirty";
  if (pull.draft) return "draft";
  const said = verdicts(repo, pull.headSha);
  const met = (name: string) => {
    const named = said.filter((each) => each.name === name);
    return named.length > 0 && named.every((each) => each.passes);
  };
  if (!repo.requiredChecks.every(met)) return "blocked";
  return said.every((each) => each.passes) ? "clean" : "unstable";
}
