/**
 * A comment of ours that exists exactly once. GitHub has no idempotency key for comments, so ours are found again by
 * their marker, among the comments of our own user only. Whoever finds two keeps the one with the lowest id and deletes
 * the others: any number of bots arrive at the same one. Who knows that nobody can have tried before need not look.
 */
import type { GitHub, Octokit } from "../github.ts";
import type { Repository } from "../task/task.ts";
import { carriesMarker } from "./marker.ts";
import { publishText } from "./publish-text.ts";

/** One issue or pull request, with what is written under it. */
export type Thread = { installationId: number; repository: Repository; number: number };

/** `since`: no comment of ours is older, Unix ms. A time of GitHub's own clock, which may be far from ours. */
export type OwnComment = { thread: Thread; marker: string; since: number };

/** As it stands on GitHub. */
type Found = { id: number; body: string };

/** In case GitHub's clock is several clocks, ms. */
const CLOCK_SLACK_MS = 60_000;
const PER_PAGE = 100;
/** A bound on what a flooded issue can cost; our comment stands near the beginning of what is listed. */
const MAX_PAGES = 30;

/** The comment with everything else of its marker removed; undefined when there is none. */
export async function findOne(github: GitHub, own: OwnComment): Promise<Found | undefined> {
  const octokit = await github.forInstallation(own.thread.installationId);
  const { botId } = await github.appIdentity(own.thread.installationId);
  return await keepLowest(octokit, own, await listOwn(octokit, own, botId));
}

export async function create(octokit: Octokit, own: OwnComment, body: string): Promise<number> {
  const { data } = await octokit.rest.issues.createComment({
    ...parameters(own.thread),
    issue_number: own.thread.number,
    body: withMarker(body, own.marker),
  });
  return data.id;
}

/** The id of the comment, created with `body` when it did not exist. */
export async function findOrCreate(github: GitHub, own: OwnComment, body: string): Promise<number> {
  const found = await findOne(github, own);
  if (found) return found.id;
  const created = await create(await github.forInstallation(own.thread.installationId), own, body);
  // Somebody else may have created one at the same time.
  return (await findOne(github, own))?.id ?? created;
}

export async function editComment(octokit: Octokit, own: OwnComment, id: number, body: string): Promise<void> {
  await octokit.rest.issues.updateComment({
    ...parameters(own.thread),
    comment_id: id,
    body: withMarker(body, own.marker),
  });
}

/** Whether GitHub shows just that. It may take line ends for others. */
export function says(found: Found, own: OwnComment, body: string): boolean {
  return found.body.replaceAll("\r\n", "\n").trimEnd() === withMarker(body, own.marker).trimEnd();
}

function withMarker(body: string, marker: string): string {
  return `${publishText(body)}\n\n${marker}`;
}

async function listOwn(octokit: Octokit, own: OwnComment, botId: number): Promise<Found[]> {
  const found: Found[] = [];
  const pages = octokit.paginate.iterator(octokit.rest.issues.listComments, {
    ...parameters(own.thread),
    issue_number: own.thread.number,
    since: new Date(own.since - CLOCK_SLACK_MS).toISOString(),
    per_page: PER_PAGE,
  });
  let page = 0;
  for await (const { data } of pages) {
    for (const { id, user, body = "" } of data)
      if (user?.id === botId && carriesMarker(body, own.marker)) found.push({ id, body });
    page += 1;
    if (page === MAX_PAGES) break;
  }
  return found;
}

async function keepLowest(octokit: Octokit, own: OwnComment, all: readonly Found[]): Promise<Found | undefined> {
  const [lowest, ...others] = all.toSorted((one, other) => one.id - other.id);
  for (const { id } of others) {
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
