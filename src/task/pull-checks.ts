/**
 * What the repository's own CI says of the newest commit of a pull request, of each that GitHub tells of: a task may come to work on any of them. News
 * may come twice, late and in any order, to several bots: of two commits the one that was the head later counts, of two ends of one suite the later.
 */
import type { Redis, Result } from "ioredis";
import { z } from "zod";
import { pullNumberOf } from "./branch.ts";
import { keys } from "./keys.ts";
import { readRecord, warnOfUnreadable } from "./record.ts";
import type { Task } from "./task.ts";

/** `at`: when that was known to be the head, Unix ms by GitHub's clock. `suites`: of each check suite whether it was good, and since when. */
export type PullChecks = { sha: string; at: number; suites: Record<string, { good: boolean; at: number }> };
const shape = z.object({
  sha: z.string(),
  at: z.number(),
  suites: z.record(z.string(), z.object({ good: z.boolean(), at: z.number() })),
});

export type PullHead = { repositoryId: number; number: number; sha: string; at: number };

/** Check suites that are told apart on one commit: each is made by another App. */
const SUITES = 50;
/** Tasks that stand on one pull request and are told of, the newest. */
const MOST_TOLD = 50;
/** Longer than anybody is told of a pull request without news of it. */
const KEPT_S = 30 * 24 * 3600;

declare module "ioredis" {
  interface RedisCommander<Context> {
    orchPullChecks(numberOfKeys: 1, ...args: (string | number)[]): Result<number, Context>;
  }
}

// KEYS checks · ARGV sha at suite(empty = only that this is the head) good(1/0) seconds. 1 where it says something else than before.
const NOTE = `
local text = redis.call("GET", KEYS[1])
local now = text and cjson.decode(text) or nil
local at, isHead = tonumber(ARGV[2]), ARGV[3] == ""
local news = 0
if not now or (now.sha ~= ARGV[1] and (at > now.at or (isHead and at == now.at))) then
  now = { sha = ARGV[1], at = at, suites = {} }
  news = 1
end
if now.sha ~= ARGV[1] then return 0 end
now.at = math.max(now.at, at)
if not isHead then
  local was = now.suites[ARGV[3]]
  local known = 0
  for _ in pairs(now.suites) do known = known + 1 end
  if (was and was.at > at) or (not was and known >= ${SUITES}) then return news end
  local good = ARGV[4] == "1"
  if not was or was.good ~= good then news = 1 end
  now.suites[ARGV[3]] = { good = good, at = at }
end
redis.call("SET", KEYS[1], cjson.encode(now), "EX", ARGV[5])
return news`;

export function makePullChecks(redis: Redis) {
  redis.defineCommand("orchPullChecks", { lua: NOTE });

  const note = async ({ repositoryId, number, sha, at }: PullHead, suite: number | "", good: boolean) =>
    (await redis.orchPullChecks(1, keys.pullChecks(repositoryId, number), sha, at, suite, good ? 1 : 0, KEPT_S)) === 1;

  return {
    /** This commit is its newest. True when that is news. */
    noteHead: (head: PullHead): Promise<boolean> => note(head, "", false),
    /** A check suite of its newest commit was completed, then. True when CI says something else since. */
    notePullSuite: ({ suite, good, ...head }: PullHead & { suite: number; good: boolean }): Promise<boolean> =>
      note(head, suite, good),
    /** Has those of the tasks looked at anew to which it belongs. */
    async tellOfPull(number: number, tasks: readonly Task[]): Promise<void> {
      const its = tasks.filter((task) => pullOf(task) === number).slice(-MOST_TOLD);
      await Promise.all(its.map(({ spec }) => redis.publish(keys.changed, spec.id)));
    },
  };
}

/** Number of the pull request that came of a task, or on whose branch it works. */
export function pullOf({ state, pullRequest, spec }: Task): number | undefined {
  if (state.name === "settled" && state.outcome.kind === "pull_request") return state.outcome.number;
  return pullRequest?.number ?? pullNumberOf(spec);
}

/** Undefined where GitHub has told nothing of it lately. */
export async function readPullChecks(
  redis: Redis,
  repositoryId: number,
  number: number,
): Promise<PullChecks | undefined> {
  const text = await redis.get(keys.pullChecks(repositoryId, number));
  if (text === null) return undefined;
  const key = keys.pullChecks(repositoryId, number);
  return readRecord<PullChecks>(key, shape, () => JSON.parse(text), warnOfUnreadable);
}
