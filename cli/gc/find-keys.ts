/** What Redis still says of runs and hosts that are no more; the bots' own sweeps clear that up as well, when they come to it. */
import type { Redis } from "ioredis";
import { beatenTasks, endBeats, lastBeatOf } from "../../src/task/heartbeat.ts";
import { goneHosts, unregister } from "../../src/task/hosts.ts";
import { keys } from "../../src/task/keys.ts";
import { readOffers, withdrawOffers } from "../../src/task/offers.ts";
import type { TaskStore } from "../../src/task/store.ts";
import type { Leftover } from "../../workers/gc/leftover.ts";

export async function findKeys(redis: Redis, store: TaskStore): Promise<Leftover[]> {
  const [beats, hosts, offers] = [
    await beatenTasks(redis),
    await goneHosts(redis, Date.now()),
    await readOffers(redis, () => undefined),
  ];
  const isSettled = async (id: string) => (await store.read(id))?.state.name === "settled";
  return [
    ...beats.map(
      (task): Leftover => ({
        kind: "beat",
        name: task,
        mayGo: () => isSettled(task),
        remove: () => endBeats(redis, [task]),
        isThere: async () => (await redis.zscore(keys.heartbeats, `run:${task}`)) !== null,
      }),
    ),
    ...hosts.map(
      (host): Leftover => ({
        kind: "host",
        name: host,
        mayGo: async () => (await goneHosts(redis, Date.now())).includes(host),
        remove: () => unregister(redis, host),
        isThere: async () => (await lastBeatOf(redis, host)) !== undefined,
      }),
    ),
    ...offers.map(
      (offer): Leftover => ({
        kind: "offer",
        name: `${offer.task.spec.id}/${offer.host}`,
        mayGo: () => isSettled(offer.task.spec.id),
        remove: () => withdrawOffers(redis, [offer]),
        isThere: async () => (await redis.hexists(keys.offers, `${offer.task.spec.id}/${offer.host}`)) === 1,
      }),
    ),
    ...(await findOutputs(redis)),
  ];
}

/** The list names outputs whose time is up until a hundred newer ones have come. */
async function findOutputs(redis: Redis): Promise<Leftover[]> {
  const all = await redis.zrange(keys.keptOutputs, "0", "-1");
  const isGone = async (name: string) => (await redis.exists(name)) === 0;
  const gone = await Promise.all(all.map(isGone));
  return all
    .filter((_, nth) => gone[nth])
    .map((name) => ({
      kind: "output",
      name,
      mayGo: () => isGone(name),
      remove: async () => void (await redis.zrem(keys.keptOutputs, name)),
      isThere: async () => (await redis.zscore(keys.keptOutputs, name)) !== null,
    }));
}
