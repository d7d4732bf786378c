/**
 * A comment of ours that exists exactly once. GitHub has no idempotency key for comments, so ours are found again by
 * their marker, among the comments of our own user only. Whoever finds two keeps the one with the lowest id and deletes
 * the others: any number of bots arrive at the same one. Who knows that nobody can have tried before need not look.
 */
import type { GitHub, Octokit } from "../github.ts";
import type { Repository, TaskSpec } from "../task/task-spec.ts";
import { carriesMarker } from "./marker.ts";
import { publishText } from "./publish-text.ts";

/** One issue or pull request, with what is written under it; or, `under` a review comment, that one's thread. */
export type Thread = { installationId: number; repository: Repository; number: number; under?: number };

/** Where what belongs to a task is written: what was asked on a line is answered there. */
export const threadOf = ({ installationId, repository, number, movedTo, about }: TaskSpec): Thread => ({
  installationId,
  ...(movedTo ?? { repository, number }),
  ...(about && { under: about.thread }),
});

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
  return await commentsOf(octokit, own.thread).create(withMarker(body, own.marker));
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
  await commentsOf(octokit, own.thread).edit(id, withMarker(body, own.marker));
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
  const since = new Date(own.since - CLOCK_SLACK_MS).toISOString();
  const pages = commentsOf(octokit, own.thread).list({ since, per_page: PER_PAGE });
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
    await ignoreAbsent(commentsOf(octokit, own.thread).remove(id));
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

type Page = { data: { id: number; user: { id: number } | null; body?: string }[] };
type Comments = {
  list(from: { since: string; per_page: number }): AsyncIterable<Page>;
  create(body: string): Promise<number>;
  edit(id: number, body: string): Promise<unknown>;
  remove(id: number): Promise<unknown>;
};

function commentsOf(octokit: Octokit, thread: Thread): Comments {
  const conversation = inConversation(octokit, thread);
  const { under } = thread;
  return under === undefined ? conversation : orElse(inThread(octokit, thread, under), conversation);
}

function inConversation(octokit: Octokit, { repository, number }: Thread): Comments {
  const place = { owner: repository.owner, repo: repository.name };
  const { issues } = octokit.rest;
  return {
    list: (from) => octokit.paginate.iterator(issues.listComments, { ...place, issue_number: number, ...from }),
    create: async (body) => (await issues.createComment({ ...place, issue_number: number, body })).data.id,
    edit: (comment_id, body) => issues.updateComment({ ...place, comment_id, body }),
    remove: (comment_id) => issues.deleteComment({ ...place, comment_id }),
  };
}

function inThread(octokit: Octokit, { repository, number }: Thread, under: number): Comments {
  const place = { owner: repository.owner, repo: repository.name };
  const pull = { ...place, pull_number: number };
  const { pulls } = octokit.rest;
  return {
    list: (from) => octokit.paginate.iterator(pulls.listReviewComments, { ...pull, ...from }),
    create: async (body) => (await pulls.createReplyForReviewComment({ ...pull, comment_id: under, body })).data.id,
    edit: (comment_id, body) => pulls.updateReviewComment({ ...place, comment_id, body }),
    remove: (comment_id) => pulls.deleteReviewComment({ ...place, comment_id }),
  };
}

/** A thread goes with the comment that began it: then what belongs there stands in the conversation. */
function orElse(first: Comments, second: Comments): Comments {
  const either = async <T>(one: () => Promise<T>, other: () => Promise<T>): Promise<T> => {
    try {
      return await one();
    } catch (error) {
      if (!isAbsent(error)) throw error;
      return await other();
    }
  };
  return {
    list: (from) => oneAfterTheOther(first.list(from), second.list(from)),
    create: (body) =>
      either(
        () => first.create(body),
        () => second.create(body),
      ),
    edit: (id, body) =>
      either(
        () => first.edit(id, body),
        () => second.edit(id, body),
      ),
    remove: (id) =>
      either(
        () => first.remove(id),
        () => second.remove(id),
      ),
  };
}

async function* oneAfterTheOther(first: AsyncIterable<Page>, second: AsyncIterable<Page>): AsyncGenerator<Page> {
  yield* first;
  yield* second;
}
