/** Reads what the decision about a task depends on (`ready.ts`): hosts, agents, and the tasks before it. */
import type { Redis } from "ioredis";
import { readBreakers } from "../task/breaker.ts";
import { envelopesOf, mostOf, narrowestCaps, wantOf } from "../task/envelope.ts";
import { type HostView, offeredAgents } from "../task/hosts.ts";
import { balancesFor } from "../task/ledger.ts";
import { isUnusable } from "../task/record.ts";
import type { TaskStore } from "../task/store.ts";
import type { Task } from "../task/task.ts";
import type { TaskSpec } from "../task/task-spec.ts";
import type { Funds } from "./funds.ts";
import { isOnBranchOf, mayGoOnFrom } from "./predecessor.ts";
import type { World } from "./readiness.ts";
import { type Router, routingFor } from "./route-task.ts";

export type WorldSources = {
  redis: Redis;
  store: TaskStore;
  hosts: () => Promise<HostView[]>;
  /** None: no agent is chosen by what came of earlier tasks. */
  router?: Router | undefined;
  /** Unix ms. */
  now: () => number;
};

/** Records that are read at once. */
const READ_AT_ONCE = 8;

export async function readWorld({ redis, store, hosts, router, now }: WorldSources, spec: TaskSpec): Promise<World> {
  const living = hosts();
  const offers = living.then((all) => offeredAgents(redis, all, now()));
  const first = spec.after === undefined ? undefined : store.lookUp(spec.after);
  const retried = spec.retries === undefined ? undefined : store.read(spec.retries);
  const tried = spec.node?.before === undefined ? undefined : store.read(spec.node.before);
  const breaking = readBreakers(redis, now());
  const budgets = living.then((all) => readFunds(redis, spec, all, now()));
  const [all, offered, before, again, breakers, leader, funds, lastTry] = await Promise.all([
    living,
    offers,
    tasksBefore(store, spec),
    retried,
    breaking,
    first,
    budgets,
    tried,
  ]);
  const inDoubt = leader && isUnusable(leader) && spec.after !== undefined ? [spec.after] : before.inDoubt;
  const known = leader?.kind === "known" ? leader.record : undefined;
  const routing = await routingFor(spec, { hosts: all, first: known, before: before.before }, router);
  return {
    now: now(),
    hosts: all,
    offered,
    breakers,
    ...before,
    inDoubt,
    first: known,
    retried: again,
    funds,
    lastTry,
    ...(routing && { routing }),
  };
}

/** Nothing is asked of the ledger where nothing is limited. */
async function readFunds(
  redis: Redis,
  spec: TaskSpec,
  hosts: readonly HostView[],
  at: number,
): Promise<Funds | undefined> {
  const caps = narrowestCaps(hosts.filter(({ alive }) => alive).map(({ budget }) => budget));
  const envelopes = envelopesOf(spec, caps, at);
  if (!envelopes) return undefined;
  return {
    balances: await balancesFor(redis, spec.id, envelopes),
    want: wantOf(spec, caps, envelopes),
    most: mostOf(spec, caps),
  };
}

/**
 * Newest first, and no further back than the decision needs: a conversation may be long, and each task that waits in it asks
 * again and again. What is over matters only until one is found that the task may go on from.
 */
async function tasksBefore(store: TaskStore, spec: TaskSpec): Promise<Pick<World, "before" | "inDoubt">> {
  const before: Task[] = [];
  const inDoubt: string[] = [];
  if (spec.target.kind !== "pull" || spec.node) return { before, inDoubt };
  const { repository, id: own } = spec;
  const ids = await store.idsOfConversation(repository.id, spec);
  const earlier = ids.includes(own) ? ids.slice(0, ids.indexOf(own)) : ids;
  const open = await store.openOf(earlier);
  let found = false;
  const matters = (id: string) => !found || open.has(id);
  while (earlier.length > 0) {
    const next = earlier.splice(-READ_AT_ONCE).reverse().filter(matters);
    const readings = await Promise.all(next.map(async (id) => ({ id, reading: await store.lookUp(id) })));
    for (const { id, reading } of readings) {
      if (isUnusable(reading) && open.has(id)) return { before, inDoubt: [id] };
      if (reading.kind !== "known" || !isOnBranchOf(spec, reading.record)) continue;
      before.unshift(reading.record);
      if (reading.record.state.name !== "settled") return { before, inDoubt };
      found ||= mayGoOnFrom(reading.record);
    }
  }
  return { before, inDoubt };
}
