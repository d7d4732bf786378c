/**
 * Nothing is promised to GitHub while Redis may lose it. The gate is shut until Redis has been looked at and found fit,
 * and it is looked at again whenever the connection was lost: the server may have been started anew, with other settings.
 */
import type { Redis } from "ioredis";
import type { Logger } from "./log.ts";
import { checkRedisFitness } from "./task/redis-fitness.ts";

export type RedisGate = {
  isFit(): boolean;
  /** Why it is shut; empty when it is open. */
  problems(): readonly string[];
  /** Looks now. Rejects when Redis does not answer. */
  check(): Promise<void>;
  stop(): void;
};

/** How soon an unfit Redis is looked at again, ms: somebody may have mended it with CONFIG SET. */
const LOOK_AGAIN_MS = 10_000;

export function makeRedisGate(redis: Redis, log: Logger): RedisGate {
  let problems: readonly string[] = ["Redis has not answered yet"];
  let timer: NodeJS.Timeout | undefined;

  async function check(): Promise<void> {
    const fitness = await checkRedisFitness(redis);
    for (const warning of fitness.warnings) log.warn(warning);
    problems = fitness.problems;
    if (problems.length > 0) log.error({ problems }, "Redis is not fit: deliveries are refused");
  }

  function checkSoon(): void {
    clearTimeout(timer);
    check()
      .catch((error: unknown) => {
        problems = ["Redis does not answer"];
        log.warn({ err: error }, "Redis cannot be checked");
      })
      .finally(() => {
        if (problems.length > 0 && !stopped) timer = setTimeout(checkSoon, LOOK_AGAIN_MS);
      });
  }

  let stopped = false;
  redis.on("ready", checkSoon);
  return {
    isFit: () => problems.length === 0,
    problems: () => problems,
    check,
    stop: () => {
      stopped = true;
      redis.off("ready", checkSoon);
      clearTimeout(timer);
    },
  };
}
