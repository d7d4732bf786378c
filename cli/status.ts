/** `orch status`: hosts, queue and open tasks, as Redis has them. */
import { defaultDataDir, type Env } from "../src/config.ts";
import { readHosts } from "../src/task/heartbeat.ts";
import { makeTaskQueue } from "../src/task/queue.ts";
import { connectRedis, waitForRedis } from "../src/task/redis.ts";
import { makeTaskStore } from "../src/task/store.ts";
import type { Task } from "../src/task/task.ts";

const REDIS_WAIT_MS = 5_000;

/** The Redis of this machine: the given one, or the embedded one of `orch start`. */
export function redisUrlOf(env: Env): string {
  return env.REDIS_URL || `unix://${env.ORCH_DATA || defaultDataDir(env)}/redis/redis.sock`;
}

/** Exit code 0; 1 when no host is alive although tasks wait. */
export async function status(env: Env, json: boolean): Promise<number> {
  const redis = connectRedis(redisUrlOf(env), "status");
  try {
    await waitForRedis(redis, REDIS_WAIT_MS);
    const now = Date.now();
    const store = makeTaskStore(redis);
    const queue = makeTaskQueue(redis);
    const [hosts, tasks, depth] = await Promise.all([
      readHosts(redis, now),
      store.openIds().then((ids) => store.readMany(ids)),
      queue.depth(),
    ]);
    if (json) process.stdout.write(`${JSON.stringify({ hosts, queue: depth, tasks })}\n`);
    else {
      process.stdout.write(`Hosts (${hosts.length})\n`);
      for (const host of hosts) {
        const beat = host.alive ? "alive" : `silent for ${seconds(now - host.lastBeat)}`;
        const notes = [
          `${host.slots} slots`,
          `sandbox ${host.sandbox}`,
          host.agents.join(", "),
          ...(host.draining ? ["draining"] : []),
        ];
        process.stdout.write(`  ${host.id}  ${host.name}  ${beat}  ${notes.join(" · ")}\n`);
      }
      process.stdout.write(
        `Queue: ${depth.waiting} waiting, ${depth.active} in hosts' hands\nOpen tasks (${tasks.length})\n`,
      );
      for (const task of tasks) process.stdout.write(`  ${describe(task, now)}\n`);
    }
    return tasks.length > 0 && !hosts.some((host) => host.alive) ? 1 : 0;
  } finally {
    redis.disconnect();
  }
}

function describe(task: Task, now: number): string {
  const { spec, state } = task;
  const where = `${spec.repository.owner}/${spec.repository.name}#${spec.number}`;
  const what =
    state.name === "running" ? `${state.phase} on ${state.host} for ${seconds(now - state.since)}` : state.name;
  return `${spec.id}  ${where}  ${what}  ${spec.instruction.replaceAll(/\s+/g, " ").slice(0, 60)}`;
}

function seconds(ms: number): string {
  return ms < 120_000 ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms / 60_000)} min`;
}
