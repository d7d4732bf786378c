/**
 * What this machine is for. Doctor judges by what is set: a machine that only runs agents needs no App key, and one that
 * only runs the bot needs no sandbox. Where nothing says otherwise, it is everything on one machine, as `orch start` runs it.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Env } from "../../src/config.ts";
import { dataDirOf } from "../../src/data-dir.ts";
import { redisUrlOf } from "../with-redis.ts";

export type Role = { bot: boolean; host: boolean };

const APP = ["APP_ID", "PRIVATE_KEY", "PRIVATE_KEY_PATH", "WEBHOOK_SECRET"];

export function roleOf(env: Env): Role {
  const hasApp = APP.some((name) => env[name]);
  const isSplit = Boolean(env.REDIS_URL && env.WORKER_SECRET);
  return { bot: hasApp || !(isSplit && env.BOT_URL), host: Boolean(env.ORCH_CONFIG) || !(isSplit && hasApp) };
}

/** True before anybody has made an App: `npm start` then leads through it. */
export const hasNoApp = (env: Env): boolean => !env.APP_ID && !env.PRIVATE_KEY && !env.PRIVATE_KEY_PATH;

/**
 * The environment as `orch start` would complete it. The secret that it would make is not made here: 64 zeros stand for it.
 */
export function completed(env: Env): Env {
  const file = join(dataDirOf(env), "worker-secret");
  const made = () => (isReadable(file) ? readFileSync(file, "utf8").trim() : "0".repeat(64));
  return { ...env, REDIS_URL: redisUrlOf(env), WORKER_SECRET: env.WORKER_SECRET || made() };
}

function isReadable(file: string): boolean {
  try {
    return existsSync(file) && readFileSync(file).length > 0;
  } catch {
    return false; // another user's: what it holds does not matter here
  }
}
