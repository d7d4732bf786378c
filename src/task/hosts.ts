/**
 * The worker hosts: what each says of itself, and which there are. One is alive as long as it beats (`heartbeat.ts`); one that went without a
 * goodbye is forgotten after a month.
 */
import type { Redis } from "ioredis";
import { z } from "zod";
import { type Canary, canaryShape } from "./canary.ts";
import { type RunLimits, runLimitsShape } from "./deadlines.ts";
import { type Caps, capsShape } from "./envelope.ts";
import { isAlive } from "./heartbeat.ts";
import { type InForce, inForceShape } from "./in-force.ts";
import { keys } from "./keys.ts";
import { type PlanLimits, planCapsShape } from "./plan-caps.ts";
import { readRecord, type TellUnreadable, warnOfUnreadable } from "./record.ts";
import type { RunDoubt } from "./standing.ts";

/**
 * `agent`: the one that its operator has chosen for the role; none: the repository's wish, or the host's default. `model`: of that agent.
 * `totalMinutes`: longest time for its agent's work.
 */
export type RoleOffer = { agent?: string; model?: string; totalMinutes?: number };

/** What a host says of itself when it starts and when something changes. */
export type HostInfo = {
  id: string;
  /** Names the machine and the folder that the id is kept in: a copy of the folder has another. */
  place: string;
  name: string;
  version: string;
  pid: number;
  slots: number;
  sandbox: "bwrap" | "none";
  agents: string[];
  defaultAgent: string;
  /** Of each agent the name of its account (`workers/agents/account.ts`); unknown of an older host. */
  accounts?: Record<string, string>;
  /** The roles in which its agents work, by name; unknown of an older host. */
  roles?: Record<string, RoleOffer>;
  draining: boolean;
  startedAt: number;
  /** What it gives each part of a run; unknown of an older host. */
  limits?: RunLimits;
  /** What the operator lets runs use at most; none: as much as they want. */
  budget?: Caps | undefined;
  /** How large its operator lets plans be; unknown of an older host. */
  team?: PlanLimits;
  /** The model of each of its agents that the operator has named one for; unknown of an older host. */
  models?: Record<string, string>;
  /** Those of its agents that can be told a model; unknown of an older host. */
  tellable?: string[];
  /** There is so little room on its disk, in bytes, that it takes no work until there is more. */
  lacksRoom?: { freeBytes: number; wantedBytes: number } | undefined;
  /** Its machine has so much to do that it takes no work until there is less: memory in bytes, processors in percent of all cores. */
  strained?:
    | { memory?: { freeBytes: number; wantedBytes: number }; cpu?: { percent: number; mark: number } }
    | undefined;
  /** What any of its runs may use of its machine, before agent, role and repository say less; unknown of an older host. */
  inForce?: InForce;
  /** Whether it can work, as it showed when it was idle; none of an older host, and soon after the start. */
  canary?: Canary | undefined;
  /** Its runs whose task's record is in doubt. */
  inDoubt?: { task: string; doubt: RunDoubt }[];
};

const roleOfferShape = z.looseObject({
  agent: z.string().optional(),
  model: z.string().optional(),
  totalMinutes: z.number().optional(),
});

const hostShape = z.looseObject({
  id: z.string(),
  name: z.string(),
  version: z.string(),
  slots: z.number(),
  agents: z.array(z.string()),
  accounts: z.record(z.string(), z.string()).optional(),
  roles: z.record(z.string(), roleOfferShape).optional(),
  draining: z.boolean(),
  startedAt: z.number(),
  limits: runLimitsShape.optional(),
  budget: capsShape.optional(),
  models: z.record(z.string(), z.string()).optional(),
  tellable: z.array(z.string()).optional(),
  team: planCapsShape.partial().optional(),
  lacksRoom: z.looseObject({ freeBytes: z.number(), wantedBytes: z.number() }).optional(),
  strained: z
    .looseObject({
      memory: z.looseObject({ freeBytes: z.number(), wantedBytes: z.number() }).optional(),
      cpu: z.looseObject({ percent: z.number(), mark: z.number() }).optional(),
    })
    .optional(),
  inForce: inForceShape.optional(),
  canary: canaryShape.optional().catch(undefined),
  inDoubt: z.array(z.looseObject({ task: z.string(), doubt: z.string() })).optional(),
});

export type HostView = HostInfo & { lastBeat: number; alive: boolean };

/** No room on its disk, or no headroom on its machine. */
const isFull = ({ lacksRoom, strained }: Pick<HostInfo, "lacksRoom" | "strained">): boolean =>
  lacksRoom !== undefined || strained !== undefined;

/** Living hosts that take new work. */
export const takingWork = (hosts: readonly HostView[]): HostView[] =>
  hosts.filter((host) => host.alive && !host.draining && !isFull(host));

/** Living hosts that would take new work, had they room for it. */
export const lackingRoom = (hosts: readonly HostView[]): HostView[] =>
  hosts.filter((host) => host.alive && !host.draining && isFull(host));

/** A host that is silent for so long, ms, does not come back under its id; should it do so, it registers anew. */
const FORGET_HOST_MS = 30 * 24 * 3600_000;
/** How long an agent counts as one that there is although no host offers it any more. */
const OFFERED_MS = 7 * 24 * 3600_000;
/** The message on the `ready` channel that says that hosts have changed. */
export const HOSTS_CHANGED = "hosts";
/** The same, where a host has run out of room, or has room again: tasks in the queue are told so. */
export const ROOM_CHANGED = "room";

/** Says what the host is. Whoever waits for hosts hears of it, unless nothing has changed that a task could wait for. */
export async function register(redis: Redis, host: HostInfo, now: number): Promise<void> {
  const offers = host.agents.flatMap((agent) => [now, agent]);
  const known = await livingHost(redis, host.id, now);
  const isNews = known === undefined || offerOf(known) !== offerOf(host);
  const isRoom = known !== undefined && isFull(known) !== isFull(host);
  await redis
    .multi()
    .hset(keys.hosts, host.id, JSON.stringify(host))
    .hset(keys.hostPlaces, host.id, host.place)
    .zadd(keys.heartbeats, now, `host:${host.id}`)
    .zadd(keys.offered, ...offers)
    .zremrangebyscore(keys.offered, "-inf", now - OFFERED_MS)
    .exec();
  if (isRoom) await redis.publish(keys.ready, ROOM_CHANGED);
  else if (isNews) await redis.publish(keys.ready, HOSTS_CHANGED);
}

/** A host registers anew whenever something becomes of its runs, too: then thousands of tasks need not be looked at. */
async function livingHost(redis: Redis, id: string, now: number): Promise<HostView | undefined> {
  const hosts = await readHosts(redis, now, () => undefined);
  return hosts.find((host) => host.id === id && host.alive);
}

const offerOf = ({ startedAt, slots, agents, accounts, roles, defaultAgent, draining, budget }: HostInfo): string =>
  JSON.stringify([startedAt, slots, agents, accounts, roles, defaultAgent, draining, budget]);

/** The agents that some host has offered within the last seven days: `hosts` with each beat, those that left by their last word. */
export async function offeredAgents(redis: Redis, hosts: readonly HostView[], now: number): Promise<string[]> {
  const since = now - OFFERED_MS;
  const said = await redis.zrangebyscore(keys.offered, since, "+inf");
  const beaten = hosts.filter(({ lastBeat }) => lastBeat >= since).flatMap(({ agents }) => agents);
  return [...new Set([...said, ...beaten])];
}

export async function unregister(redis: Redis, hostId: string): Promise<void> {
  await redis
    .multi()
    .hdel(keys.hosts, hostId)
    .hdel(keys.hostPlaces, hostId)
    .zrem(keys.heartbeats, `host:${hostId}`)
    .exec();
}

/** Forgets the hosts that went without a goodbye long ago: where each has a new data folder, there is another one with each crash. */
export async function forgetHosts(redis: Redis, now: number): Promise<void> {
  for (const id of await goneHosts(redis, now)) await unregister(redis, id);
}

/** Those that went so long ago. */
export async function goneHosts(redis: Redis, now: number): Promise<string[]> {
  const silent = await redis.zrangebyscore(keys.heartbeats, "-inf", now - FORGET_HOST_MS);
  return silent.filter((member) => member.startsWith("host:")).map((member) => member.slice("host:".length));
}

/** Every host that registered within the last weeks and did not say goodbye, newest beat first. One that cannot be read is left out. */
export async function readHosts(
  redis: Redis,
  now: number,
  tell: TellUnreadable = warnOfUnreadable,
): Promise<HostView[]> {
  const infos = Object.entries(await redis.hgetall(keys.hosts)).flatMap(([id, text]) => {
    return readRecord<HostInfo>(`${keys.hosts} ${id}`, hostShape, () => JSON.parse(text), tell) ?? [];
  });
  if (infos.length === 0) return [];
  const beats = await redis.zmscore(keys.heartbeats, ...infos.map((info) => `host:${info.id}`));
  return infos
    .map((info, index) => ({ ...info, lastBeat: Number(beats[index] ?? 0) }))
    .map((host) => ({ ...host, alive: isAlive(host.lastBeat, now) }))
    .sort((one, other) => other.lastBeat - one.lastBeat);
}
