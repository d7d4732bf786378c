/**
 * Looks back at comments that Redis may have lost: those written since it knew everything, in each repository, one request for
 * each hundred. They go through the same door as deliveries, so what is known already changes nothing. A text that was edited
 * since is not taken for what its author wrote. Of a task that our own comment tells the end of nothing is done again.
 */
import type { Redis } from "ioredis";
import { readCommands } from "../command/read-commands.ts";
import { sourceOf } from "../events/on-comment.ts";
import { type AskDeps, hearWritten, type Written } from "../events/written.ts";
import { classify, type GitHub, isFinal, type Octokit } from "../github.ts";
import { type Installed, installations, repositoriesOf } from "../installed.ts";
import { taskIdIn } from "../intake/request.ts";
import { carriesMarker, makeMarker } from "../report/marker.ts";
import { tellsAnEnd } from "../report/outcome-icons.ts";
import { NoLongerTaken } from "../task/due-set.ts";
import { keys } from "../task/keys.ts";
import { KEEP_MS } from "./redis-age.ts";
import { Interrupted, type Round, startRound } from "./round.ts";

export type LookBackDeps = AskDeps & {
  redis: Redis;
  github: GitHub;
  /** Of our markers. */
  secret: string;
  isFit: () => boolean;
};

const EVERY_MS = 5 * 60_000;
const RETRY_MS = 60_000;
/** GitHub's clock may be another, and Redis knew a little less than it said, ms. */
const OVERLAP_MS = 60_000;
/** Of an installation those in which somebody has worked last. */
const MAX_REPOSITORIES = 300;
/** Of a repository, a hundred comments each. */
const MAX_PAGES = 10;
/** What asks for no work (cancel, status) is of no use later, ms. */
const MOOT_MS = 3600_000;

/** By then every living host has offered what it works on and Redis does not know, ms. */
const ALL_OFFERED_MS = 15_000;
/** And a bot has put it back. */
const PUT_BACK_MS = 2 * 60_000;
const HOSTS_FIRST_MS = 5_000;

type KeepOn = () => Promise<void>;

export function startLookingBack(deps: LookBackDeps): Round {
  const { redis, isFit, now, log } = deps;
  const work = async (keepOn: KeepOn) => {
    if (!isFit()) return RETRY_MS;
    const planned = await redis.get(keys.lookBack);
    if (planned === null) return undefined;
    if (!(await hostsHaveSpoken(redis))) return HOSTS_FIRST_MS;
    try {
      await lookBack(deps, Number(planned) - OVERLAP_MS, keepOn);
      // Unless Redis has been found to be older still meanwhile.
      if ((await redis.get(keys.lookBack)) === planned) await redis.del(keys.lookBack);
      return undefined;
    } catch (error) {
      if (error instanceof NoLongerTaken || error instanceof Interrupted) throw error;
      log.warn({ err: error }, "comments that Redis may have lost cannot be read, tried again later");
      return RETRY_MS;
    }
  };
  return startRound({ redis, name: "look-back", everyMs: EVERY_MS, work, now, log });
}

/** What hosts still work on is put back first (`put-back.ts`): a task that were made anew of its comment would begin again. */
async function hostsHaveSpoken(redis: Redis): Promise<boolean> {
  const [left, offers] = await Promise.all([redis.pttl(keys.forgetful), redis.hlen(keys.offers)]);
  const knownForMs = KEEP_MS - left;
  return knownForMs >= (offers > 0 ? PUT_BACK_MS : ALL_OFFERED_MS);
}

/** `since`: Unix ms. `keepOn` comes before each request; what it throws ends it. */
export async function lookBack(deps: LookBackDeps, since: number, keepOn: KeepOn): Promise<void> {
  const { github, log } = deps;
  let count = 0;
  for (const installationId of await installations(await github.forApp(), keepOn)) {
    const installed = (await repositoriesOf(deps, installationId, keepOn)) ?? [];
    const latest = installed.toSorted((one, other) => (one.pushedAt < other.pushedAt ? 1 : -1));
    const left = Math.max(0, latest.length - MAX_REPOSITORIES);
    if (left > 0) log.error({ installation: installationId, left }, "too many repositories: some are not looked at");
    for (const repository of latest.slice(0, MAX_REPOSITORIES))
      count += await readRepository(deps, repository, { since, keepOn });
  }
  log.info(
    { since: new Date(since).toISOString(), comments: count },
    "comments that Redis may have lost were read again",
  );
}

type Wanted = { since: number; keepOn: KeepOn };

async function readRepository(deps: LookBackDeps, repository: Installed, wanted: Wanted): Promise<number> {
  try {
    const octokit = await deps.github.forInstallation(repository.installationId);
    const { botId } = await deps.github.appIdentity(repository.installationId);
    const comments = await commentsSince(octokit, repository, wanted);
    const ends = comments.filter(({ user, body = "" }) => user?.id === botId && tellsAnEnd(body));
    const isOver = (taskId: string) => {
      const marker = makeMarker(deps.secret, "progress", taskId);
      return ends.some(({ body = "" }) => carriesMarker(body, marker));
    };
    for (const comment of comments) {
      const written = writtenOf(repository, comment);
      if (written && (await isWorthHearing(deps, written, { isOver, since: wanted.since })))
        await hearWritten(deps, written, { id: "look-back", digest: () => String(comment.id) });
    }
    return comments.length;
  } catch (error) {
    if (!isFinal(classify(error))) throw error;
    deps.log.info({ err: error, repo: repository.id }, "a repository is closed to us: its comments are not read");
    return 0;
  }
}

type Comment = Awaited<ReturnType<Octokit["rest"]["issues"]["listCommentsForRepo"]>>["data"][number];

async function commentsSince(
  octokit: Octokit,
  { owner, name }: Installed,
  { since, keepOn }: Wanted,
): Promise<Comment[]> {
  const all: Comment[] = [];
  const { listCommentsForRepo } = octokit.rest.issues;
  const query = {
    owner,
    repo: name,
    since: new Date(since).toISOString(),
    sort: "updated",
    direction: "asc",
    per_page: 100,
  } as const;
  let pages = 0;
  await keepOn();
  for await (const { data } of octokit.paginate.iterator(listCommentsForRepo, query)) {
    all.push(...data);
    pages += 1;
    if (data.length < query.per_page || pages === MAX_PAGES) break;
    await keepOn();
  }
  return all;
}

/** Undefined of what has been edited, and of what nobody has written who is known. */
function writtenOf(repository: Installed, comment: Comment): Written | undefined {
  const { id, html_url: url, user, body, created_at, updated_at, issue_url } = comment;
  if (!user || !body || created_at !== updated_at || comment.performed_via_github_app) return undefined;
  const { installationId, owner, name, defaultBranch } = repository;
  return {
    ...{ installationId, repository: { id: repository.id, owner, name, defaultBranch } },
    number: Number(issue_url.slice(issue_url.lastIndexOf("/") + 1)),
    on: new URL(url).pathname.includes("/pull/") ? "pull" : "issue",
    source: sourceOf({ id, html_url: url }),
    sender: { id: user.id, login: user.login, type: user.type },
    body,
    at: Date.parse(created_at),
  };
}

type Judged = { isOver: (taskId: string) => boolean; since: number };

async function isWorthHearing({ now }: LookBackDeps, written: Written, { isOver, since }: Judged): Promise<boolean> {
  if (written.at < since) return false;
  const commands = await readCommands(written.body);
  const tasks = commands.filter(({ kind }) => kind === "task");
  if (tasks.length === 0) return now() - written.at < MOOT_MS;
  return !tasks.every(({ line }) => isOver(taskIdIn(written, line)));
}
