/**
 * Whose turn it is in a lane: start-time fair queueing between repositories (Goyal, Vin and Cheng 1996), so that nobody's task stands
 * behind somebody else's thousand. Each task gets a tag, and the smallest tag is next. A repository's next tag is a step more
 * than its last, and never less than the tag that is being served: one that was idle gains no credit, one that
 * floods waits behind its own tasks only.
 *
 * Tasks of another priority stand in a row of their own, whose steps are smaller or greater: where all rows have tasks, eight
 * high ones come to four normal ones and one low one. A low one begins a step late, so that normal ones that come after it go first.
 *
 * The tag is the job's priority in BullMQ, which takes 1 to 2,097,151. Tags begin anew whenever nothing waits, and are
 * moved down before they run out.
 */
import type { Redis, Result } from "ioredis";
import { keys } from "./keys.ts";

export const MAX_TAG = 2_097_151;

/** Tags of repositories that have none waiting are forgotten after so long, s. */
const FORGET_S = 24 * 3600;

declare module "ioredis" {
  interface RedisCommander<Context> {
    orchTag(numberOfKeys: 2, ...args: (string | number)[]): Result<number, Context>;
    orchMoveTags(numberOfKeys: 1, ...args: (string | number)[]): Result<number, Context>;
  }
}

// KEYS tags lanes · ARGV row, the tag that is served (0: nothing waits), expire seconds, now, step, how late the row begins, names of
// lanes in which there is, or will be, a job. Noted here, because each further write costs a person's time; the sweep forgets them
// (`tidy-lanes.ts`). "top" is the greatest tag of a row that begins at once: what is served beyond it began late.
const TAG = `
for i = 7, #ARGV do redis.call("ZADD", KEYS[2], ARGV[4], ARGV[i]) end
local served = tonumber(ARGV[2])
if served == 0 then
  redis.call("DEL", KEYS[1])
  redis.call("HSET", KEYS[1], "top", 1)
  served = 1
end
local top = tonumber(redis.call("HGET", KEYS[1], "top") or served)
local last = redis.call("HGET", KEYS[1], ARGV[1])
local step, late = tonumber(ARGV[5]), tonumber(ARGV[6])
local tag = math.min(served, top) + late
if last then tag = math.max(tag, tonumber(last) + step) end
redis.call("HSET", KEYS[1], ARGV[1], tag)
if late == 0 and tag > top then redis.call("HSET", KEYS[1], "top", tag) end
redis.call("EXPIRE", KEYS[1], ARGV[3])
return tag`;

/** What a task of each priority costs its row, in tags. */
const STEPS = { high: 1, normal: 2, low: 8 } as const;
export type Priority = keyof typeof STEPS;

/** A repository's tasks of one priority. Normal ones have the name that they had before there were priorities. */
const rowOf = (repositoryId: number, priority: Priority): string =>
  priority === "normal" ? String(repositoryId) : `${repositoryId}:${priority}`;

// KEYS tags · ARGV by how much, greatest tag. One caller only gets 1: by then no tag is too great any more.
const MOVE = `
local tags = redis.call("HGETALL", KEYS[1])
local tooGreat = false
for i = 2, #tags, 2 do tooGreat = tooGreat or tonumber(tags[i]) > tonumber(ARGV[2]) end
if not tooGreat then return 0 end
for i = 1, #tags, 2 do redis.call("HSET", KEYS[1], tags[i], math.max(0, tonumber(tags[i + 1]) - tonumber(ARGV[1]))) end
return 1`;

export type Turn = { repositoryId: number; priority?: Priority | undefined };

export type FairOrder = {
  /**
   * The tag of the repository's next task of that priority. `served`: the smallest tag that waits, undefined when none does. `lanes`:
   * names of the lanes in which its job, and that of its run, will be.
   */
  tag(task: Turn, served: number | undefined, lanes: readonly string[]): Promise<number>;
  /** Moves all tags down by so much where one has become too great; true for the one caller that has to move the jobs as well. */
  moveDown(by: number): Promise<boolean>;
};

/** `key`: of the tags; each lane has its own. */
export function makeFairOrder(redis: Redis, key: string, maxTag = MAX_TAG): FairOrder {
  redis.defineCommand("orchTag", { lua: TAG });
  redis.defineCommand("orchMoveTags", { lua: MOVE });
  return {
    tag({ repositoryId, priority = "normal" }, served, lanes) {
      const step = STEPS[priority] ?? STEPS.normal;
      const row = [step, priority === "low" ? step : 0];
      const about = [rowOf(repositoryId, priority), served ?? 0, FORGET_S, Date.now(), ...row];
      return redis.orchTag(2, key, keys.lanes, ...about, ...lanes);
    },
    moveDown: async (by) => (await redis.orchMoveTags(1, key, by, maxTag)) === 1,
  };
}
