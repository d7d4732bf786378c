/**
 * An agent's review on a pull request: one, found again by its marker, with each finding on its line. It comments and never approves or
 * requests changes: an agent's judgement is no permission. What GitHub does not take line by line (the branch was rewritten, the lines are in
 * no diff that it shows) stands in the text.
 */
import { classify, type GitHub, type Octokit } from "../github.ts";
import { pullNumberOf } from "../task/branch.ts";
import type { Finding, Review } from "../task/review.ts";
import { progressOf, type Task } from "../task/task.ts";
import { code } from "../text/quote.ts";
import { findingComment, reviewBody } from "../words/review-words.ts";
import { carriesMarker, makeMarker } from "./marker.ts";
import { publishText } from "./publish-text.ts";

type Deps = { github: GitHub; secret: string };

/** A bound on what a flooded pull request can cost. */
const MAX_PAGES = 30;

/** Where it stands. `mayExist`: somebody, we ourselves perhaps, may have posted it before. */
export async function ensureReview(deps: Deps, task: Task, { mayExist }: { mayExist: boolean }): Promise<string> {
  const { spec } = task;
  const octokit = await deps.github.forInstallation(spec.installationId);
  const marker = makeMarker(deps.secret, "review", spec.id);
  const found = mayExist ? await find(deps, octokit, task, marker) : undefined;
  return found ?? (await post(octokit, task, marker));
}

async function find({ github }: Deps, octokit: Octokit, task: Task, marker: string): Promise<string | undefined> {
  const { botId } = await github.appIdentity(task.spec.installationId);
  const pages = octokit.paginate.iterator(octokit.rest.pulls.listReviews, { ...pullOf(task), per_page: 100 });
  let page = 0;
  for await (const { data } of pages) {
    const ours = data.find(({ user, body }) => user?.id === botId && carriesMarker(body, marker));
    if (ours) return ours.html_url;
    page += 1;
    if (page === MAX_PAGES) break;
  }
  return undefined;
}

async function post(octokit: Octokit, task: Task, marker: string): Promise<string> {
  const review = progressOf(task).review ?? { sha: shaOf(task), findings: [] };
  const inline = review.findings.filter(({ inDiff, line }) => inDiff && line !== undefined);
  try {
    return await create(octokit, task, { review, inline, marker, commit: review.sha });
  } catch (error) {
    if (classify(error) !== "invalid") throw error;
    return await create(octokit, task, { review, inline: [], marker });
  }
}

const shaOf = ({ state }: Task): string =>
  state.name === "settled" && state.outcome.kind === "reviewed" ? state.outcome.sha : "";

type Posting = { review: Review; inline: readonly Finding[]; marker: string; commit?: string };

async function create(octokit: Octokit, task: Task, { review, inline, marker, commit }: Posting): Promise<string> {
  const { finish, summary, agent, model } = progressOf(task);
  const by = agent && `${code(agent, 60)}${model ? ` (${code(model, 60)})` : ""}`;
  const body = reviewBody(review, inline, { task: task.spec.id, summary: finish?.summary ?? summary, by });
  const { data } = await octokit.rest.pulls.createReview({
    ...pullOf(task),
    ...(commit !== undefined && { commit_id: commit }),
    event: "COMMENT",
    body: `${publishText(body)}\n\n${marker}`,
    comments: inline.map((finding) => ({
      path: finding.path,
      line: finding.line ?? 1,
      side: "RIGHT",
      body: publishText(findingComment(finding)),
    })),
  });
  return data.html_url;
}

function pullOf({ spec }: Task) {
  const { owner, name: repo } = spec.repository;
  return { owner, repo, pull_number: pullNumberOf(spec) ?? spec.number };
}
