/**
 * Brings branches into the mirror: with one `git fetch` of exactly the branches that were asked for, or with none when the
 * mirror has them where the bot says that they stand. Fetches of one mirror never overlap; a request that equals one still
 * waiting shares its answer (never that of one already under way, which may have looked before the change that the request
 * is about). What the bot said is part of the request: the mirror may be good enough for a run that was told of an older
 * state, and not for one that was told of a newer.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { branchNameProblem, isBranchName, mirrorRef } from "./branch-name.ts";
import { mirrorGit } from "./git.ts";
import { type GitAccess, openAccess } from "./git-access.ts";
import { BranchUnusable, remoteError } from "./git-errors.ts";
import { checkSha } from "./host-folders.ts";
import { HTTP_TRACE } from "./http-trace.ts";
import type { Mirror } from "./mirror.ts";
import { forgetTags, isAboutTags, packTags } from "./mirror-tags.ts";
import { whileWriting } from "./mirror-writers.ts";

/** A first fetch of a large repository takes minutes; a dead line is noticed after one (http.lowSpeedTime). */
const FETCH_MS = 15 * 60_000;

/** Branch -> full commit id. */
export type Tips = Record<string, string>;

type Queue = { last: Promise<unknown>; waiting: Map<string, Promise<Tips>> };
const queues = new Map<string, Queue>();

/**
 * The tips of `branches` on the remote, now in the mirror with all their history. `told`: where the bot says they stand;
 * without a branch's tip, or any, git asks the remote.
 * @throws BranchUnusable, BranchGone, RepositoryGone, AccessDenied, FetchFailed
 */
export async function fetchRefs(
  mirror: Mirror,
  access: GitAccess,
  branches: readonly string[],
  told: Tips = {},
): Promise<Tips> {
  // Not even in line: a mirror is only added to, and a ref moves there once everything below it has arrived.
  const current = knownAs(mirror, branches, told);
  if (current) return current;
  const queue: Queue = queues.get(mirror.dir) ?? { last: Promise.resolve(), waiting: new Map() };
  queues.set(mirror.dir, queue);
  const key = JSON.stringify([access.cloneUrl, ...branches.map((branch) => [branch, told[branch]])]);
  const same = queue.waiting.get(key);
  if (same) return await same;
  const turn = queue.last.then(() => {
    queue.waiting.delete(key);
    return knownAs(mirror, branches, told) ?? whileWriting(mirror, () => fetchNow(mirror, access, branches));
  });
  queue.waiting.set(key, turn);
  queue.last = turn.then(
    () => undefined,
    () => undefined, // the asker hears of it; the next in line must not
  );
  return await turn;
}

async function fetchNow(mirror: Mirror, access: GitAccess, branches: readonly string[]): Promise<Tips> {
  const open = await openAccess(access);
  for (const branch of branches) {
    const problem = branchNameProblem(branch);
    if (problem !== undefined) throw new BranchUnusable(branch, problem, { repository: open.repository });
  }
  const refspecs = branches.map((branch) => `+refs/heads/${branch}:${mirrorRef(branch)}`);
  const env = { ...open.env, ...HTTP_TRACE };
  const git = mirrorGit(mirror.dir, { ...open, env, signal: AbortSignal.timeout(FETCH_MS) });
  // The history that people pushed is not run through fsck: GitHub has accepted it, and many old repositories fail it for
  // harmless flaws (zero-padded modes, odd time zones). What agents make is checked when it is collected.
  const fetch = (...tags: string[]) =>
    git.raw([
      ...["fetch", "--quiet", ...tags, "--no-recurse-submodules", "--no-write-fetch-head"],
      ...[open.url, ...refspecs],
    ]);
  try {
    // With the tags that lie on these branches, which take no objects but their own.
    await fetch().catch((error: unknown) => {
      if (!isAboutTags(error)) throw error;
      forgetTags(mirror);
      return fetch("--no-tags");
    });
    await packTags(mirror, () => git.raw(["pack-refs"]));
  } catch (error) {
    throw remoteError("fetch", open.redact(error instanceof Error ? error.message : String(error)), open.repository);
  }
  return Object.fromEntries(branches.map((branch) => [branch, readTip(mirror, branch)]));
}

/** The tips, when the last fetch left each of them where it was told to stand; else undefined. */
function knownAs(mirror: Mirror, branches: readonly string[], told: Tips): Tips | undefined {
  const known = branches.map((branch) => [branch, knownTip(mirror, branch)] as const);
  const isCurrent = known.every(([branch, sha]) => sha !== undefined && sha === told[branch]);
  return isCurrent ? (Object.fromEntries(known) as Tips) : undefined;
}

/** The branch's tip as the last fetch left it, with all its history in the mirror; undefined when it was never fetched. */
export function knownTip(mirror: Mirror, branch: string): string | undefined {
  if (!isBranchName(branch)) return undefined;
  try {
    return readTip(mirror, branch);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Reads the ref's file: refs of a mirror are never packed, and a process would cost 5 ms on the way to every agent. */
function readTip(mirror: Mirror, branch: string): string {
  return checkSha(readFileSync(join(mirror.dir, mirrorRef(branch)), "utf8").trim());
}
