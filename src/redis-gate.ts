/**
 * Nothing is promised to GitHub while Redis may lose it. The gate is shut until Redis has been looked at and found fit,
 * and again from the loss of the connection until the next look: the server may have been started anew, with other
 * settings. It is looked at now and then besides, because CONFIG SET changes settings while it runs.
 */
import type { Redis } from "ioredis";
import type { Logger } from "./log.ts";
import { checkRedisFitness, type Fitness } from "./task/redis-fitness.ts";

export type RedisGate = {
  isFit(): boolean;
  /** Why it is shut; empty when it is open. */
  problems(): readonly string[];
  /** Looks now. Rejects when Redis does not answer. */
  check(): Promise<void>;
  stop(): void;
};

/** How soon Redis is looked at again, ms: while it is fit, and while it is not (somebody may be mending it). */
type LookTimes = { fitMs: number; unfitMs: number };
const LOOK_TIMES: LookTimes = { fitMs: 60_000, unfitMs: 10_000 };

const UNKNOWN = ["Redis is away, or has not been looked at since it came back"];

export function makeRedisGate(redis: Redis, log: Logger, times: LookTimes = LOOK_TIMES): RedisGate {
  let problems: readonly string[] = UNKNOWN;
  let connection = 0;
  let told = "";
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  async function check(): Promise<void> {
    const asked = connection;
    const fitness = await checkRedisFitness(redis);
    // Half of this answer may be of the server before.
    if (asked !== connection) throw new Error("The connection to Redis was lost while it was looked at");
    problems = fitness.problems;
    tellOnce(fitness);
  }

  /** A look a minute would fill the log with what is known. */
  function tellOnce(fitness: Fitness): void {
    const news = JSON.stringify(fitness);
    if (news === told) return;
    for (const warning of fitness.warnings) log.warn(warning);
    if (fitness.problems.length > 0) log.error(fitness, "Redis is not fit: deliveries are refused");
    else if (told) log.info("Redis is fit");
    told = news;
  }

  function probe(): void {
    clearTimeout(timer);
    let wait = times.unfitMs;
    check()
      .then(() => {
        if (problems.length === 0) wait = times.fitMs;
      })
      // A Redis that is only slow has not changed its settings: the gate stays as it is.
      .catch((error: unknown) => log.warn({ err: error }, "Redis cannot be checked"))
      .finally(() => {
        clearTimeout(timer);
        if (!stopped) timer = setTimeout(probe, wait).unref();
      });
  }

  function shut(): void {
    connection += 1;
    problems = UNKNOWN;
  }

  redis.on("ready", probe);
  redis.on("close", shut);
  return {
    isFit: () => problems.length === 0,
    problems: () => problems,
    check,
    stop: () => {
      stopped = true;
      redis.off("ready", probe);
      redis.off("close", shut);
      clearTimeout(timer);
    },
  };
}
