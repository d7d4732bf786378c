/**
 * What stands around a command, for the prompt: only what people with write permission wrote, as it was before the
 * command, so that neither a stranger nor a later edit can put words into the agent's prompt.
 */
import type { GitHub, Octokit } from "../github.ts";
import { mayWrite } from "../permission.ts";
import type { ContextResponse } from "../task/host-api.ts";
import type { Actor, TaskSpec } from "../task/task.ts";
import { refusedByGitHub } from "./refused.ts";

const MAX_COMMENTS = 50;
/** GitHub gives comments oldest first; so many are looked at from the end. */
const PAGE = 100;
/** Characters of one text. */
const MAX_TEXT = 16_000;

type Comment = Awaited<ReturnType<Octokit["rest"]["issues"]["listComments"]>>["data"][number];

export async function giveContext(github: GitHub, spec: TaskSpec): Promise<ContextResponse> {
  try {
    return await readContext(await github.forInstallation(spec.installationId), spec);
  } catch (error) {
    throw refusedByGitHub(error);
  }
}

async function readContext(octokit: Octokit, spec: TaskSpec): Promise<ContextResponse> {
  const place = { owner: spec.repository.owner, repo: spec.repository.name, issue_number: spec.number };
  const trusts = trustIn(octokit, spec);
  const { data: issue } = await octokit.rest.issues.get(place);
  const trusted = issue.user !== null && issue.user.type === "User" && (await trusts(issue.user));
  const body = trusted ? (issue.body ?? "") : "";
  const comments: ContextResponse["comments"] = [];
  for (const comment of (await newest(octokit, place, issue.comments)).toReversed()) {
    if (comments.length === MAX_COMMENTS) break;
    const { user } = comment;
    if (user?.type !== "User" || comment.performed_via_github_app || !isBefore(comment, spec)) continue;
    if (!(await trusts(user))) continue;
    comments.unshift({ login: user.login, body: (comment.body ?? "").slice(0, MAX_TEXT), at: comment.created_at });
  }
  return { title: issue.title, body: body.slice(0, MAX_TEXT), bodyWithheld: !trusted && !!issue.body, comments };
}

/** Asked once per person and request. */
function trustIn(octokit: Octokit, { repository }: TaskSpec): (person: Actor) => Promise<boolean> {
  const known = new Map<number, Promise<boolean>>();
  return ({ id, login }) => {
    const answer = known.get(id) ?? mayWrite(octokit, repository, { id, login });
    known.set(id, answer);
    return answer;
  };
}

async function newest(
  octokit: Octokit,
  place: { owner: string; repo: string; issue_number: number },
  count: number,
): Promise<Comment[]> {
  if (count === 0) return [];
  const lastPage = Math.ceil(count / PAGE);
  const pages: Comment[][] = [];
  for (let page = Math.max(1, lastPage - 1); page <= lastPage; page++) {
    const { data } = await octokit.rest.issues.listComments({ ...place, per_page: PAGE, page });
    pages.push(data);
  }
  return pages.flat();
}

/** Written and last edited before the command. GitHub's times have whole seconds: the same second is too late. */
function isBefore(comment: Comment, { requestedAt }: TaskSpec): boolean {
  return Date.parse(comment.created_at) < requestedAt && Date.parse(comment.updated_at) < requestedAt;
}
