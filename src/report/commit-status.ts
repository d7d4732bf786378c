/**
 * The commit status `orch`, beside the check run, for who looks at statuses only. GitHub keeps every one that is set and shows the last
 * of a context: setting it again is safe, and is done only when something has changed.
 * https://docs.github.com/en/rest/commits/statuses
 */
import type { Octokit } from "../github.ts";
import type { Task } from "../task/task.ts";
import { publishTitle } from "./publish-text.ts";
import type { CheckView, Conclusion } from "./view.ts";

const CONTEXT = "orch";
/** GitHub's bound for the description, in characters. */
const MAX_DESCRIPTION = 140;

export async function setCommitStatus(octokit: Octokit, { spec }: Task, view: CheckView, url: string): Promise<void> {
  const { owner, name: repo } = spec.repository;
  const title = publishTitle(view.title, CONTEXT);
  await octokit.rest.repos.createCommitStatus({
    owner,
    repo,
    sha: view.sha,
    context: CONTEXT,
    state: stateOf(view.state),
    description: title.length > MAX_DESCRIPTION ? `${title.slice(0, MAX_DESCRIPTION - 1)}…` : title,
    target_url: url,
  });
}

type State = "pending" | "success" | "failure" | "error";

/** Statuses know no neutral end: what stands in nobody's way is a success. */
const states: Record<Conclusion, State> = {
  success: "success",
  neutral: "success",
  failure: "failure",
  cancelled: "error",
  timed_out: "error",
  action_required: "pending",
};

const stateOf = (state: CheckView["state"]): State =>
  state.status === "completed" ? states[state.conclusion] : "pending";
