/**
 * A label that asks is removed when the request is taken in, so that it can be set again. It is removed last of all: one that is not
 * there any more was taken back by a person, or the request was taken in by a bot that died before it could say so.
 */
import type { Octokit } from "../github.ts";
import { removeLabel } from "../report/label.ts";
import { isSameLabel } from "../task/labels.ts";
import type { Request } from "./request.ts";

const placeOf = ({ repository, number }: Request) => ({
  owner: repository.owner,
  repo: repository.name,
  issue_number: number,
});

/** Whether the request still stands; true where no label asked. */
export async function isStillSet(octokit: Octokit, request: Request): Promise<boolean> {
  const { label } = request;
  if (label === undefined) return true;
  const page = { ...placeOf(request), per_page: 100 };
  const labels = await octokit.paginate(octokit.rest.issues.listLabelsOnIssue, page);
  return labels.some(({ name }) => isSameLabel(name, label));
}

export async function takeOff(octokit: Octokit, request: Request): Promise<void> {
  if (request.label !== undefined) await removeLabel(octokit, { ...placeOf(request), name: request.label });
}
