/**
 * The pull request of a task whose branch has been pushed. One that exists for the branch is adopted, whoever opened
 * it; one that somebody closed stays closed. GitHub itself refuses a second one for the same branches, so this is safe
 * to repeat and to race.
 */
import { classify, type Octokit } from "../github.ts";
import { pullNumberOf } from "../task/branch.ts";
import type { PullRequest, Pushed, Task } from "../task/task.ts";
import type { Team } from "../views/plan-view.ts";
import { pullRequestBody, pullRequestTitle } from "./pull-request-text.ts";

export type Opened = { kind: "pull_request"; pullRequest: PullRequest } | { kind: "refused"; reason: string };

/**
 * `team`: whose work it is. `others`: tasks of the same issue or pull request, by which titles are told apart. `mayExist`: somebody, we ourselves perhaps, may
 * have opened one before.
 */
export type About = { webUrl: string; team?: Team | undefined; others: readonly Task[]; mayExist: boolean };

/** Throws what GitHub answers where trying again may help. */
export async function ensurePullRequest(octokit: Octokit, task: Task, pushed: Pushed, about: About): Promise<Opened> {
  const { target, repository } = task.spec;
  const number = pullNumberOf(task.spec);
  if (target.kind === "pull" && number !== undefined && pushed.branch === target.headRef) {
    const url = `${about.webUrl}/${repository.owner}/${repository.name}/pull/${number}`;
    return { kind: "pull_request", pullRequest: { number, url } };
  }
  const existing = about.mayExist ? await find(octokit, task, pushed) : undefined;
  return existing ?? (await open(octokit, task, pushed, about));
}

async function open(octokit: Octokit, task: Task, pushed: Pushed, about: About): Promise<Opened> {
  try {
    return await create(octokit, task, pushed, { ...about, draft: true });
  } catch (error) {
    const failure = classify(error);
    if (failure !== "invalid" && failure !== "forbidden") throw error;
    // Somebody may have opened one since we looked.
    const existing = await find(octokit, task, pushed);
    if (existing) return existing;
    const message = error instanceof Error ? error.message : String(error);
    const renamed = failure === "invalid" ? await newBase(octokit, task, pushed) : undefined;
    if (renamed !== undefined) return await open(octokit, task, { ...pushed, base: renamed }, about);
    // Some plans have no drafts for private repositories; better a pull request than none.
    if (failure === "invalid" && /draft/i.test(message))
      return await create(octokit, task, pushed, { ...about, draft: false });
    return { kind: "refused", reason: notOpened(pushed, message) };
  }
}

/** The default branch's name, when the work is meant for that and it is called something else by now. */
async function newBase(octokit: Octokit, { spec }: Task, { base }: Pushed): Promise<string | undefined> {
  if (base !== spec.target.defaultBranch) return undefined;
  const { owner, name: repo } = spec.repository;
  const { data } = await octokit.rest.repos.get({ owner, repo });
  return data.default_branch === base ? undefined : data.default_branch;
}

async function create(
  octokit: Octokit,
  task: Task,
  pushed: Pushed,
  { webUrl, team, others, draft }: About & { draft: boolean },
): Promise<Opened> {
  const { data } = await octokit.rest.pulls.create({
    owner: task.spec.repository.owner,
    repo: task.spec.repository.name,
    head: pushed.branch,
    base: pushed.base,
    title: pullRequestTitle(task, others),
    body: pullRequestBody(task, pushed, { webUrl, team, draft }),
    draft,
  });
  return { kind: "pull_request", pullRequest: { number: data.number, url: data.html_url, draft: data.draft ?? draft } };
}

async function find(octokit: Octokit, task: Task, pushed: Pushed): Promise<Opened | undefined> {
  const { owner, name: repo } = task.spec.repository;
  const { data } = await octokit.rest.pulls.list({
    owner,
    repo,
    head: `${owner}:${pushed.branch}`,
    state: "all",
    per_page: 100,
  });
  const ours = data.filter((pull) => pull.head.ref === pushed.branch);
  const alive = ours.find((pull) => pull.state === "open") ?? ours.find((pull) => pull.merged_at !== null);
  if (alive) {
    const { number, html_url: url, draft } = alive;
    return { kind: "pull_request", pullRequest: { number, url, ...(draft !== undefined && { draft }) } };
  }
  const closed = ours[0];
  return closed && { kind: "refused", reason: closedByHand(closed.number, pushed) };
}

function closedByHand(number: number, pushed: Pushed): string {
  return `Pull request ${number} for the branch ${pushed.branch} was closed by hand, so it is not opened again. The work is still on that branch.`;
}

function notOpened(pushed: Pushed, message: string): string {
  return `The work is on the branch ${pushed.branch}, but GitHub does not let a pull request be opened for it: ${message}`;
}
