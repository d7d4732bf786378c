/**
 * Tidies the lanes that no host serves any more: no worker looks after what BullMQ keeps there. Jobs that a host died with go when
 * their task is over, and the lane itself when it is empty and has not been used for a day. A job that a task still needs stays: a
 * host with the agent may come.
 */
import { QueueKeys } from "bullmq";
import type { Redis } from "ioredis";
import type { HostView } from "../task/hosts.ts";
import { keys } from "../task/keys.ts";
import { hostLaneName, laneName, OLD_QUEUE } from "../task/lane.ts";
import { bullKey, QUEUE_PREFIX } from "../task/lane-backend.ts";
import { taskIdOfJob } from "../task/queue.ts";
import type { TaskStore } from "../task/store.ts";
import { withdrawJob } from "../task/withdraw.ts";

export type TidyLanesDeps = {
  redis: Redis;
  store: Pick<TaskStore, "lookUp">;
  /** All that are known, also those that have been silent for a while. */
  hosts: readonly HostView[];
  /** Unix ms. */
  now: number;
};

/** A lane is forgotten when no job has come for so long, ms: longer than anybody waits for a home. */
const UNUSED_MS = 24 * 3600_000;
/** Of each list of a lane so many jobs are looked at in one round. */
const JOBS_AT_ONCE = 100;

const LISTS = ["active", "wait", "prioritized", "paused", "delayed", "waiting-children"];

// KEYS names of lanes, turns, the lane's lists (as many as ARGV says), what else there is of it · ARGV lane, before, lists
// In one step: a job that comes meanwhile finds the lane whole, or makes it anew.
const FORGET = `
local last = redis.call("ZSCORE", KEYS[1], ARGV[1])
if not last or tonumber(last) > tonumber(ARGV[2]) then return 0 end
for i = 3, 2 + ARGV[3] do if redis.call("EXISTS", KEYS[i]) == 1 then return 0 end end
for i = 2, #KEYS do redis.call("DEL", KEYS[i]) end
redis.call("ZREM", KEYS[1], ARGV[1])
return 1`;

/** Gives the names of the lanes that are gone. */
export async function tidyLanes(deps: TidyLanesDeps): Promise<string[]> {
  const { redis, hosts, now } = deps;
  const served = new Set([OLD_QUEUE, ...hosts.flatMap(lanesOf)]);
  const unserved = (await redis.zrange(keys.lanes, "0", "-1")).filter((name) => !served.has(name));
  const gone: string[] = [];
  for (const name of unserved) {
    await removeLeftOver(deps, name);
    if (await forget(redis, name, now - UNUSED_MS)) gone.push(name);
  }
  return gone;
}

const lanesOf = ({ id, agents }: HostView): string[] => [
  hostLaneName(id),
  ...agents.map((agent) => laneName({ agent })),
];

/** A task without a record needs no job either: should the record come back, the sweep adds one. */
async function removeLeftOver({ redis, store }: TidyLanesDeps, name: string): Promise<void> {
  const [active, wait, prioritized] = await Promise.all([
    redis.lrange(bullKey(name, "active"), 0, JOBS_AT_ONCE - 1),
    redis.lrange(bullKey(name, "wait"), 0, JOBS_AT_ONCE - 1),
    redis.zrange(bullKey(name, "prioritized"), "0", String(JOBS_AT_ONCE - 1)),
  ]);
  for (const job of [...active, ...wait, ...prioritized]) {
    const reading = await store.lookUp(taskIdOfJob(job));
    const isOver = reading.kind === "absent" || (reading.kind === "known" && reading.record.state.name === "settled");
    if (isOver) await withdrawJob(redis, name, job);
  }
}

async function forget(redis: Redis, name: string, before: number): Promise<boolean> {
  const lists = LISTS.map((what) => bullKey(name, what));
  const all = Object.values(new QueueKeys(QUEUE_PREFIX).getKeys(name));
  const rest = all.filter((key) => !lists.includes(key));
  const parts = [keys.lanes, keys.turns(name), ...lists, ...rest];
  return (await redis.eval(FORGET, parts.length, ...parts, name, before, lists.length)) === 1;
}
