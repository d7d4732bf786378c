/** Is Redis there, may tasks be kept in it, and are those known that are? */
import { existsSync } from "node:fs";
import type { Env } from "../../src/config.ts";
import { readHosts } from "../../src/task/hosts.ts";
import { findTasksInDoubt, sayInDoubt } from "../../src/task/in-doubt.ts";
import { connectRedis, waitForRedis } from "../../src/task/redis.ts";
import { checkRedisFitness } from "../../src/task/redis-fitness.ts";
import { openRedisWarning, ownRedisProblem } from "../../src/task/redis-reach.ts";
import { refusalOfWrites } from "../../src/task/redis-refusal.ts";
import { makeTaskStore } from "../../src/task/store.ts";
import { redisUrlOf } from "../with-redis.ts";
import { type Check, note, ok, problem, reasonOf } from "./check.ts";

const WAIT_MS = 5_000;
const NO_WRITES =
  "make room on its disk, or raise its maxmemory; where it follows another server, REDIS_URL is to name that one";

/** `shared`: whether agents of this machine share its network. */
export async function checkRedis(env: Env, shared: boolean): Promise<Check[]> {
  const url = redisUrlOf(env);
  const socket = env.REDIS_URL ? undefined : url.slice("unix://".length);
  if (socket && !existsSync(socket)) return [ok("Redis", "`npm start` starts its own, as REDIS_URL is unset")];
  const closed = shared ? (await ownRedisProblem(url))?.split(/\. (?=Either)/) : undefined;
  const [detail = "", remedy = ""] = closed ?? [];
  const near = closed ? [problem("Redis", detail, remedy)] : [];
  return [...(await inspect(url, socket, shared && !closed)), ...near];
}

async function inspect(url: string, socket: string | undefined, warn: boolean): Promise<Check[]> {
  const redis = connectRedis(url, "doctor");
  try {
    await waitForRedis(redis, WAIT_MS);
    const { problems, warnings } = await checkRedisFitness(redis);
    const refusal = await refusalOfWrites(redis);
    const inDoubt = await findTasksInDoubt(makeTaskStore(redis), await readHosts(redis, Date.now()));
    const open = warn ? openRedisWarning(url) : undefined;
    return [
      ok("Redis", `answers at ${withoutPassword(url)}`),
      ...problems.map((text) => problem("Redis", text, "make it permanent in redis.conf, then start Redis again")),
      ...(refusal === undefined ? [] : [problem("Redis", `takes nothing new: ${refusal}`, NO_WRITES)]),
      ...sayInDoubt(inDoubt).map(({ what, remedy }) => problem("Records", what, remedy)),
      ...[...warnings, ...(open ? [open] : [])].map((text) => note("Redis", text)),
    ];
  } catch (error) {
    // The socket of an embedded Redis that was killed stays behind; the next start replaces it.
    if (socket) return [note("Redis", `the one of \`npm start\` does not run at the moment (${reasonOf(error)})`)];
    const remedy = "start it, or correct REDIS_URL; without REDIS_URL `npm start` runs one of its own";
    return [problem("Redis", `${withoutPassword(url)}: ${reasonOf(error)}`, remedy)];
  } finally {
    redis.disconnect();
  }
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, "//");
}
