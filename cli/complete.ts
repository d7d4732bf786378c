/**
 * `orch __complete`: what may stand next, a line each, for the shells' own completion. A person waits for it at a key: what Redis does not say at once
 * is left out, and whatever goes wrong, nothing is said.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import type { Redis } from "ioredis";
import type { Env } from "../src/config.ts";
import { readHosts } from "../src/task/hosts.ts";
import { connectRedis, waitForRedis } from "../src/task/redis.ts";
import { makeTaskStore } from "../src/task/store.ts";
import { type Asked, candidates } from "./complete/candidates.ts";
import { idsLike } from "./find-task.ts";
import { redisUrlOf } from "./with-redis.ts";

/** From the first word to Redis to its last, ms. */
const WAIT_MS = 300;
const MOST = 100;

export async function complete(program: Command, env: Env, words: readonly string[]): Promise<string[]> {
  const { words: known, ask } = candidates(program, words);
  return ask ? await fromRedis(env, ask, words.at(-1) ?? "") : known;
}

async function fromRedis(env: Env, ask: Asked, typed: string): Promise<string[]> {
  const redis = connectRedis(redisUrlOf(env), "complete");
  redis.on("error", () => undefined); // nobody is told
  try {
    const late = delay(WAIT_MS, [], { ref: false });
    const found = async () => {
      await waitForRedis(redis, WAIT_MS);
      return ask === "task" ? await taskIds(redis, typed) : await hostIds(redis);
    };
    const names = await Promise.race([found().catch(() => []), late]);
    return names.filter((name) => name.startsWith(typed) && /^[\w.-]{1,100}$/.test(name)).slice(0, MOST);
  } finally {
    redis.disconnect();
  }
}

/** Those that are open, the newest first; behind a beginning also those that are over. */
async function taskIds(redis: Redis, typed: string): Promise<string[]> {
  const open = (await makeTaskStore(redis).openIds()).toReversed();
  const fits = open.filter((id) => id.startsWith(typed));
  return typed.length < 3 || fits.length > 0 ? fits : await idsLike(redis, typed);
}

const hostIds = async (redis: Redis): Promise<string[]> =>
  (await readHosts(redis, Date.now(), () => undefined)).flatMap(({ id, name }) => [id, name]);
