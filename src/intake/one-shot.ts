/**
 * A label that asks is removed when the request is taken in, so that it can be set again. It is removed last of all: one that is not
 * there any more was taken back by a person, or the request was taken in by a bot that died before it could say so.
 */
import type { Octokit } from "../github.ts";
import { isAbsent } from "../report/own-comment.ts";
import { isSameLabel } from "../task/labels.ts";
import type { Request } from "./request.ts";

type Place = { owner: string; repo: string; issue_number: number };

/** Whether the request still stands; true where no label asked. */
export async function isStillSet(octokit: Octokit, { repository, number, label }: Request): Promise<boolean> {
  if (label === undefined) return true;
  const place: Place = { owner: repository.owner, repo: repository.name, issue_number: number };
  const labels = await octokit.paginate(octokit.rest.issues.listLabelsOnIssue, { ...place, per_page: 100 });
  return labels.some(({ name }) => isSameLabel(name, label));
}

export async function removeLabel(octokit: Octokit, { repository, number, label }: Request): Promise<void> {
  if (label === undefined) return;
  const place: Place = { owner: repository.owner, repo: repository.name, issue_number: number };
  await octokit.rest.issues.removeLabel({ ...place, name: label }).catch((error: unknown) => {
    if (!isAbsent(error)) throw error;
  });
}
