/** Is the bot up, and can it do its work? `/healthz` for whoever restarts processes, `/readyz` for whoever looks after it. */
import type { Redis } from "ioredis";
import type { Inbox } from "./intake/inbox.ts";
import { readCaughtUp } from "./reconcile/catch-up-memory.ts";
import type { RedisGate } from "./redis-gate.ts";
import type { Route } from "./server.ts";
import type { HostView } from "./task/hosts.ts";
import { findTasksInDoubt, sayInDoubt } from "./task/in-doubt.ts";
import { keys } from "./task/keys.ts";
import { readPause } from "./task/pause.ts";
import type { TaskQueue } from "./task/queue.ts";
import type { TaskStore } from "./task/store.ts";
import { VERSION } from "./task/version.ts";
import { inTerminal } from "./text/quote.ts";
import { cannotWork } from "./views/cannot-work.ts";
import { hosts as hostsView } from "./views/hosts.ts";
import { needWords } from "./words/need-words.ts";

export type HealthDeps = {
  redis: Redis;
  gate: RedisGate;
  queue: TaskQueue;
  store: TaskStore;
  inbox: Inbox;
  hosts: () => Promise<HostView[]>;
};

export type HealthReport = {
  ready: boolean;
  version: string;
  redis: { ok: boolean; problems: readonly string[] };
  /** The rest is missing while Redis does not answer. */
  hosts?: { alive: number; known: number; slots: number };
  queue?: { waiting: number; active: number };
  tasks?: { open: number; unreported: number };
  /** Sentences about hosts that are alive and cannot work, each with the next step; missing when there are none. */
  cannotWork?: readonly string[];
  /** Sentences about tasks whose record is missing, newer or unreadable, each with the next step; missing when there are none. */
  inDoubt?: readonly string[];
  /** Issues and pull requests with requests that wait for intake. */
  inbox?: number;
  /** The catch-up on deliveries that GitHub could not make; missing before its first round. */
  missed?: { /** ISO 8601. */ lookedAt: string; waiting: number };
};

/** Kept below the usual time-out of probes, ms. */
const ANSWER_WITHIN_MS = 2_800;

export function healthRoutes(deps: HealthDeps): Route[] {
  return [
    { method: "GET", path: "/healthz", answer: async () => ({ status: 200, body: { ok: true, version: VERSION } }) },
    {
      method: "GET",
      path: "/readyz",
      answer: async () => {
        const report = await readHealth(deps);
        return { status: report.ready ? 200 : 503, body: report };
      },
    },
  ];
}

async function readHealth(deps: HealthDeps): Promise<HealthReport> {
  const problems = deps.gate.problems();
  try {
    const numbers = await withinTime(readNumbers(deps));
    return { ready: deps.gate.isFit(), version: VERSION, redis: { ok: deps.gate.isFit(), problems }, ...numbers };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const all = [...problems, `Redis does not answer: ${reason}`];
    return { ready: false, version: VERSION, redis: { ok: false, problems: all } };
  }
}

async function readNumbers({ redis, queue, store, inbox, hosts: readHosts }: HealthDeps) {
  // Asked first: it fails at once when Redis is away, while BullMQ would wait for it.
  const hosts = await readHosts();
  const stuck = await cannotWorkWords({ redis, store }, hosts);
  const [waiting, open, unreported, depth, caughtUp, inDoubt] = await Promise.all([
    inbox.issues.size(),
    redis.zcard(keys.open),
    redis.zcard(keys.unreported),
    queue.depth(),
    readCaughtUp(redis),
    findTasksInDoubt(store, hosts),
  ]);
  const alive = hosts.filter((host) => host.alive);
  const slots = alive.reduce((sum, host) => sum + host.slots, 0);
  return {
    hosts: { alive: alive.length, known: hosts.length, slots },
    queue: { waiting: depth.waiting, active: depth.active },
    tasks: { open, unreported },
    ...(stuck.length > 0 && { cannotWork: stuck }),
    ...(inDoubt.size > 0 && { inDoubt: sayInDoubt(inDoubt).map(({ what, remedy }) => `${what}; ${remedy}.`) }),
    inbox: waiting,
    missed: caughtUp && { lookedAt: new Date(caughtUp.lookedAt).toISOString(), waiting: caughtUp.waiting },
  };
}

/** Tasks are read only where it matters whether a host has any. */
async function cannotWorkWords({ redis, store }: Pick<HealthDeps, "redis" | "store">, all: readonly HostView[]) {
  const [now, paused] = [Date.now(), await readPause(redis)];
  if (!all.some((host) => cannotWork(host, { busy: 0, paused, now }))) return [];
  const tasks = await store.readMany(await store.openIds());
  return hostsView({ now, hosts: all, tasks, paused }).flatMap(({ id, name, cannotWork: found }) =>
    found ? [needWords({ kind: "cannot_work", host: { id, name }, ...found }, now, inTerminal)] : [],
  );
}

async function withinTime<T>(work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${ANSWER_WITHIN_MS} ms`)), ANSWER_WITHIN_MS);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
