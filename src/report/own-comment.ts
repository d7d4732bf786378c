/**
 * A comment of ours that exists exactly once. GitHub has no idempotency key for comments, so ours are found again by
 * their marker, among the comments of our own user only. Whoever finds two keeps the one with the lowest id and deletes
 * the other: two bots that created one each arrive at the same one, because the later of the two sees both.
 */
import type { GitHub, Octokit } from "../github.ts";
import type { Repository } from "../task/task.ts";
import { carriesMarker } from "./marker.ts";
import { publishText } from "./publish-text.ts";

/** One issue or pull request, with what is written under it. */
export type Thread = { installationId: number; repository: Repository; number: number };

/** `since`: no comment of ours is older, Unix ms. A time of GitHub's own clock, which may be far from ours. */
export type OwnComment = { thread: Thread; marker: string; since: number };

/** In case GitHub's clock is several clocks, ms. */
const CLOCK_SLACK_MS = 60_000;
const PER_PAGE = 100;
/** A bound on what a flooded issue can cost; our comment stands near the beginning of what is listed. */
const MAX_PAGES = 30;

/** The id of the comment, created with `body` when it did not exist. `fresh`: it says `body`. */
export async function findOrCreate(
  github: GitHub,
  own: OwnComment,
  body: string,
  onCreated: (id: number) => Promise<void> = async () => undefined,
): Promise<{ id: number; fresh: boolean }> {
  const octokit = await github.forInstallation(own.thread.installationId);
  const { botId } = await github.appIdentity(own.thread.installationId);
  const found = await keepLowest(octokit, own, await listOwn(octokit, own, botId));
  if (found !== undefined) return { id: found, fresh: false };
  const { data } = await octokit.rest.issues.createComment({
    ...parameters(own.thread),
    issue_number: own.thread.number,
    body: withMarker(body, own.marker),
  });
  await onCreated(data.id);
  const ids = new Set([data.id, ...(await listOwn(octokit, own, botId))]);
  const id = (await keepLowest(octokit, own, [...ids])) ?? data.id;
  return { id, fresh: id === data.id };
}

export async function editComment(octokit: Octokit, own: OwnComment, id: number, body: string): Promise<void> {
  await octokit.rest.issues.updateComment({
    ...parameters(own.thread),
    comment_id: id,
    body: withMarker(body, own.marker),
  });
}

function withMarker(body: string, marker: string): string {
  return `${publishText(body)}\n\n${marker}`;
}

async function listOwn(octokit: Octokit, own: OwnComment, botId: number): Promise<number[]> {
  const ids: number[] = [];
  const pages = octokit.paginate.iterator(octokit.rest.issues.listComments, {
    ...parameters(own.thread),
    issue_number: own.thread.number,
    since: new Date(own.since - CLOCK_SLACK_MS).toISOString(),
    per_page: PER_PAGE,
  });
  let page = 0;
  for await (const { data } of pages) {
    const ours = data.filter((comment) => comment.user?.id === botId && carriesMarker(comment.body ?? "", own.marker));
    ids.push(...ours.map((comment) => comment.id));
    page += 1;
    if (page === MAX_PAGES) break;
  }
  return ids;
}

async function keepLowest(octokit: Octokit, own: OwnComment, ids: readonly number[]): Promise<number | undefined> {
  const [lowest, ...others] = ids.toSorted((one, other) => one - other);
  for (const id of others) {
    await ignoreAbsent(octokit.rest.issues.deleteComment({ ...parameters(own.thread), comment_id: id }));
  }
  return lowest;
}

/** Somebody else may have deleted it first, which is as good. */
async function ignoreAbsent(request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

/** GitHub says that the one thing asked for is not there. */
export function isAbsent(error: unknown): boolean {
  const status = error instanceof Error && "status" in error ? error.status : undefined;
  return status === 404 || status === 410;
}

function parameters(thread: Thread): { owner: string; repo: string } {
  return { owner: thread.repository.owner, repo: thread.repository.name };
}
