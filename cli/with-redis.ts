/** The Redis of this machine for one question; who finds none is told what to look at. */
import type { Redis } from "ioredis";
import type { Env } from "../src/config.ts";
import { dataDirOf } from "../src/data-dir.ts";
import { connectRedis, waitForRedis } from "../src/task/redis.ts";
import { takesNoWrites } from "../src/task/redis-refusal.ts";
import { isRefusal } from "./exit-code.ts";
import { isThere } from "./is-there.ts";

const WAIT_MS = 5_000;

/** The given one, or the embedded one of `orch start`. */
export function redisUrlOf(env: Env): string {
  return env.REDIS_URL || `unix://${dataDirOf(env)}/redis/redis.sock`;
}

/** Throws an Error with the next step when there is no Redis to ask. */
export async function withRedis<T>(env: Env, name: string, use: (redis: Redis) => Promise<T>): Promise<T> {
  const url = redisUrlOf(env);
  const step = env.REDIS_URL
    ? "Is the server of REDIS_URL running, and the address right?"
    : `Is \`npm start\` running, with this ORCH_DATA (${dataDirOf(env)}), and as this user?`;
  if (!env.REDIS_URL && !isThere(url.slice("unix://".length))) throw new Error(`Orch does not run here. ${step}`);
  const redis = connectRedis(url, name);
  try {
    await Promise.race([waitForRedis(redis, WAIT_MS), refusalBy(redis)]).catch((cause: Error) => {
      throw new Error(`${cause.message}. ${step}`, { cause });
    });
    return await use(redis).catch(sayThatItIsFull);
  } finally {
    redis.disconnect();
  }
}

function sayThatItIsFull(cause: Error): never {
  if (!takesNoWrites(cause)) throw cause;
  throw new Error(`Redis takes nothing new: ${cause.message}. \`orch doctor\` says what to do.`, { cause });
}

/** A Redis that lets nobody in without a password will not do so in a moment either: rejects with what it says. */
async function refusalBy(redis: Redis): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  redis.on("error", (error) => {
    if (isRefusal(error)) reject(error);
  });
  return await promise;
}
