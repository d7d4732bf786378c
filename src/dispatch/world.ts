/** Reads what the decision about a task depends on (`ready.ts`): hosts, agents, and the tasks before it. */
import type { Redis } from "ioredis";
import { type HostView, offeredAgents } from "../task/heartbeat.ts";
import { isUnusable, knownOf } from "../task/record.ts";
import type { TaskStore } from "../task/store.ts";
import type { TaskSpec } from "../task/task.ts";
import type { World } from "./ready.ts";

export type WorldSources = {
  redis: Redis;
  store: TaskStore;
  hosts: () => Promise<HostView[]>;
  /** Unix ms. */
  now: () => number;
};

export async function readWorld({ redis, store, hosts, now }: WorldSources, spec: TaskSpec): Promise<World> {
  const known = hosts();
  const offers = known.then((all) => offeredAgents(redis, all, now()));
  const [all, offered, before] = await Promise.all([known, offers, tasksBefore(store, spec)]);
  return { now: now(), hosts: all, offered, ...before };
}

async function tasksBefore(store: TaskStore, spec: TaskSpec): Promise<Pick<World, "before" | "inDoubt">> {
  const { id, target, repository } = spec;
  if (target.kind !== "pull") return { before: [], inDoubt: [] };
  const ids = await store.idsOfConversation(repository.id, spec);
  const earlier = ids.includes(id) ? ids.slice(0, ids.indexOf(id)) : ids;
  const readings = new Map(await Promise.all(earlier.map(async (each) => [each, await store.lookUp(each)] as const)));
  const doubts = [...readings].flatMap(([each, reading]) => (isUnusable(reading) ? [each] : []));
  const areOpen = await Promise.all(doubts.map((each) => store.isOpen(each)));
  return {
    before: knownOf(readings.values()),
    inDoubt: doubts.filter((_, index) => areOpen[index]),
  };
}
