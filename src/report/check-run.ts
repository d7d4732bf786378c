/**
 * The check run `orch` of a task on one commit. GitHub keeps no two apart by itself, so ours is found again by our App
 * and the task id in `external_id`. None can be removed: of two, both are made to say the same.
 */
import { classify, type GitHub, type Octokit } from "../github.ts";
import { CHECK_BUTTONS, CHECK_NAME } from "../task/check-buttons.ts";
import type { Task } from "../task/task.ts";
import type { Annotation } from "./annotations.ts";
import { publishText, publishTitle } from "./publish-text.ts";
import type { CheckView } from "./view.ts";

export type CheckRun = {
  view: CheckView;
  /** Where the whole story stands. */
  detailsUrl: string;
  /** The annotations stand there already: GitHub adds those of an update to them. */
  annotated: boolean;
};

/** Makes the check run with this id say what the view says. */
export async function updateCheckRun(octokit: Octokit, task: Task, run: CheckRun, id: number): Promise<void> {
  await octokit.rest.checks.update({ ...contentOf(task, run), check_run_id: id });
}

export async function createCheckRun(octokit: Octokit, task: Task, run: CheckRun): Promise<number> {
  const wanted = { ...contentOf(task, run), head_sha: run.view.sha };
  try {
    return (await octokit.rest.checks.create(wanted)).data.id;
  } catch (error) {
    if (classify(error) !== "invalid" && classify(error) !== "gone") throw error;
    // Pushes make no suite for us (`src/schedules/quiet-suites.ts`), and GitHub may want to have one first.
    await octokit.rest.checks.createSuite({ ...repositoryOf(task), head_sha: run.view.sha }).catch(() => {
      throw error;
    });
    return (await octokit.rest.checks.create(wanted)).data.id;
  }
}

/** The same for whoever does not know whether there is one, or more. The id of the oldest. */
export async function ensureCheckRun(github: GitHub, task: Task, run: CheckRun): Promise<number> {
  const octokit = await github.forInstallation(task.spec.installationId);
  const { id: appId } = await github.appIdentity(task.spec.installationId);
  const found = await find(octokit, task, run.view.sha, appId);
  for (const { id, annotated } of found) await updateCheckRun(octokit, task, { ...run, annotated }, id);
  const [oldest] = found.map(({ id }) => id).toSorted((one, other) => one - other);
  return oldest ?? (await createCheckRun(octokit, task, run));
}

function contentOf(task: Task, { view, detailsUrl, annotated }: CheckRun) {
  const { state } = view;
  const status =
    state.status === "completed"
      ? {
          status: state.status,
          conclusion: state.conclusion,
          completed_at: new Date(state.completedAt).toISOString(),
        }
      : { status: state.status };
  return {
    ...repositoryOf(task),
    name: CHECK_NAME,
    external_id: task.spec.id,
    details_url: detailsUrl,
    started_at: new Date(view.startedAt).toISOString(),
    output: {
      title: publishTitle(view.title, CHECK_NAME),
      summary: publishText(view.summary),
      ...(!annotated && { annotations: view.annotations.map(annotationOf) }),
    },
    actions: [{ identifier: view.button, ...CHECK_BUTTONS[view.button] }],
    ...status,
  };
}

const annotationOf = ({ path, line, level, message }: Annotation) => ({
  path,
  start_line: line,
  end_line: line,
  annotation_level: level,
  message,
});

const repositoryOf = ({ spec: { repository } }: Task) => ({ owner: repository.owner, repo: repository.name });

async function find(octokit: Octokit, task: Task, ref: string, appId: number) {
  const runs = await octokit.paginate(octokit.rest.checks.listForRef, {
    ...repositoryOf(task),
    ref,
    check_name: CHECK_NAME,
    app_id: appId,
    filter: "all",
    per_page: 100,
  });
  return runs
    .filter((run) => run.external_id === task.spec.id && run.app?.id === appId)
    .map(({ id, output }) => ({
      id,
      annotated: output.annotations_count > 0,
    }));
}
