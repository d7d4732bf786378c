/**
 * The check run `orch` of a task on one commit. GitHub keeps no two apart by itself, so ours is found again by our App
 * and the task id in `external_id`; of two, the one with the lowest id is kept up to date.
 */
import type { GitHub, Octokit } from "../github.ts";
import type { Task } from "../task/task.ts";
import { publishText, publishTitle } from "./publish-text.ts";
import type { CheckView } from "./view.ts";

const CHECK_NAME = "orch";

/** Makes the check run say what the view says. `detailsUrl`: where the whole story stands. */
export async function ensureCheckRun(
  github: GitHub,
  task: Task,
  view: CheckView,
  detailsUrl: string | undefined,
): Promise<void> {
  const octokit = await github.forInstallation(task.spec.installationId);
  const { id: appId } = await github.appIdentity(task.spec.installationId);
  const repository = { owner: task.spec.repository.owner, repo: task.spec.repository.name };
  const content = {
    ...repository,
    name: CHECK_NAME,
    external_id: task.spec.id,
    ...(detailsUrl && { details_url: detailsUrl }),
    started_at: new Date(view.startedAt).toISOString(),
    output: { title: publishTitle(view.title, CHECK_NAME), summary: publishText(view.summary) },
  };
  const { state } = view;
  const status =
    state.status === "completed"
      ? {
          status: state.status,
          conclusion: state.conclusion,
          completed_at: new Date(state.completedAt).toISOString(),
        }
      : { status: state.status };
  const known = await find(octokit, { ...repository, ref: view.sha }, appId, task.spec.id);
  if (known !== undefined) {
    await octokit.rest.checks.update({ ...content, ...status, check_run_id: known });
  } else await octokit.rest.checks.create({ ...content, ...status, head_sha: view.sha });
}

async function find(
  octokit: Octokit,
  commit: { owner: string; repo: string; ref: string },
  appId: number,
  taskId: string,
): Promise<number | undefined> {
  const runs = await octokit.paginate(octokit.rest.checks.listForRef, {
    ...commit,
    check_name: CHECK_NAME,
    app_id: appId,
    filter: "all",
    per_page: 100,
  });
  const ours = runs.filter((run) => run.external_id === taskId && run.app?.id === appId).map(({ id }) => id);
  return ours.length === 0 ? undefined : Math.min(...ours);
}
