/** The Redis of this machine for one question; who finds none is told what to look at. */
import { existsSync } from "node:fs";
import type { Redis } from "ioredis";
import type { Env } from "../src/config.ts";
import { dataDirOf } from "../src/data-dir.ts";
import { connectRedis, waitForRedis } from "../src/task/redis.ts";

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
  if (!env.REDIS_URL && !existsSync(url.slice("unix://".length))) throw new Error(`Orch does not run here. ${step}`);
  const redis = connectRedis(url, name);
  try {
    await waitForRedis(redis, WAIT_MS).catch((cause: Error) => {
      throw new Error(`${cause.message}. ${step}`, { cause });
    });
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}
