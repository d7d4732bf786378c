/** Dispatchers of several bots over one real Redis, with a clock that tests move and bots that die where they are told to. */
import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { pino } from "pino";
import { expect, vi } from "vitest";
import { type DispatcherDeps, makeDispatcher } from "../../src/dispatch/dispatcher.ts";
import { lookAtTeams } from "../../src/reconcile/look-at-teams.ts";
import { reconcile } from "../../src/reconcile/reconcile.ts";
import type { Taken } from "../../src/task/due-set.ts";
import { type HostInfo, readHosts, register, unregister } from "../../src/task/hosts.ts";
import { keys } from "../../src/task/keys.ts";
import type { Outcome } from "../../src/task/outcome.ts";
import { makePlanStore } from "../../src/task/plans.ts";
import { jobIdOf, makeTaskQueue } from "../../src/task/queue.ts";
import { connectBlockingRedis, connectRedis, waitForRedis } from "../../src/task/redis.ts";
import { makeTaskStore } from "../../src/task/store.ts";
import type { Task } from "../../src/task/task.ts";
import type { TaskSpec } from "../../src/task/task-spec.ts";
import { startRedis } from "../support/redis.ts";
import { makeSpec } from "../support/task-spec.ts";
import { host, onBranch } from "./worlds.ts";

const log = pino({ level: "silent" });

/** After so many more calls a bot is dead: it does nothing any more, and what it asked last may have been done or not. */
type Life = { calls: number; afterwards: boolean };
const IMMORTAL: Life = { calls: Number.POSITIVE_INFINITY, afterwards: false };

class Died extends Error {}

/** The same, as long as the bot lives. */
function mortal<T extends object>(thing: T, life: Life): T {
  const spend = () => {
    if (life.calls <= 0) throw new Died("the bot has died");
    life.calls -= 1;
    if (life.calls === 0 && !life.afterwards) throw new Died("the bot has died");
  };
  const get = (of: T, name: string | symbol): unknown => {
    const value = Reflect.get(of, name);
    if (typeof value === "object" && value !== null) return mortal(value, life);
    if (typeof value !== "function") return value;
    return async (...args: unknown[]) => {
      spend();
      const made = await value.apply(of, args);
      if (life.calls <= 0) throw new Died("the bot has died");
      return name === "take" ? (made as Taken[]).map((taken) => mortal(taken, life)) : made;
    };
  };
  return new Proxy(thing, { get });
}

export type Setting = Awaited<ReturnType<typeof startSetting>>;

export async function startSetting() {
  const server = await startRedis();
  const redis = connectRedis(server.url, "test");
  await waitForRedis(redis, 5_000);
  const store = makeTaskStore(redis, () => undefined);
  const plans = makePlanStore(redis, () => undefined);
  const queue = makeTaskQueue(redis);
  let offsetMs = 0;
  let comments = 1_000;
  const now = () => Date.now() + offsetMs;
  const hosts = () => readHosts(redis, now());
  const stops: (() => Promise<void>)[] = [];

  /** `hears`: whether messages come through. `skewMs`: how far its clock is ahead. */
  async function startBot({ life = IMMORTAL, hears = true, skewMs = 0, ...changes }: BotOptions = {}) {
    const starting: string[] = [];
    const subscriber = connectBlockingRedis(server.url, `test-bot-${randomUUID()}`);
    const dispatcher = makeDispatcher({
      redis,
      store: mortal(store, life),
      plans: mortal(plans, life),
      queue: mortal(queue, life),
      hosts: async () => await mortal({ hosts }, life).hosts(),
      onStarting: ({ id }: TaskSpec) => void starting.push(id),
      now: () => now() + skewMs,
      log,
      ...changes,
    });
    dispatcher.start(subscriber);
    if (hears) await subscriber.subscribe(keys.ready);
    else await subscriber.unsubscribe(keys.ready);
    const stop = async () => {
      await dispatcher.stop();
      subscriber.disconnect();
    };
    stops.push(stop);
    return { ...dispatcher, starting, stop };
  }

  /** A command on a pull request. */
  const ask = (changes: Partial<TaskSpec> = {}): TaskSpec => {
    comments += 1;
    const at = now();
    return makeSpec({ commentId: comments, target: onBranch("topic"), requestedAt: at, acceptedAt: at, ...changes });
  };

  const infoOf = ({ lastBeat: _, alive: __, ...info }: ReturnType<typeof host>): HostInfo => info;

  return {
    url: server.url,
    redis: redis as Redis,
    store,
    plans,
    queue,
    now,
    ask,
    startBot,
    pass: (ms: number) => {
      offsetMs += ms;
    },
    hostComes: (...given: Parameters<typeof host>) => register(redis, infoOf(host(...given)), now()),
    hostGoes: (id: string) => unregister(redis, id),
    state: async (id: string) => (await store.read(id))?.state,
    /** How many jobs wait for a host. */
    jobs: async () => (await queue.depth()).waiting,
    /** Resolves when the task may start and has its job; says how long that took, ms. */
    async starts(id: string): Promise<number> {
      const begun = performance.now();
      const look = async () => {
        const task = await store.read(id);
        expect(task?.state.name).toBe("queued");
        expect(await queue.holds(task as Task)).toBe(true);
      };
      await vi.waitFor(look, { timeout: 20_000, interval: 1 });
      return performance.now() - begun;
    },
    async settles(id: string): Promise<Outcome> {
      const look = async () => expect((await store.read(id))?.state.name).toBe("settled");
      await vi.waitFor(look, { timeout: 20_000, interval: 5 });
      const state = (await store.read(id))?.state;
      if (state?.name !== "settled") throw new Error(`${id} is not settled any more`);
      return state.outcome;
    },
    /** As a host does that takes the task's job: it runs, or is over as well. */
    async work(id: string, how: "begin" | "end") {
      const task = await store.read(id);
      if (!task) throw new Error(`there is no task ${id}`);
      if (task.state.name === "queued") {
        await queue.withdraw(task);
        const job = jobIdOf(id, task.epoch + 1);
        const { lane } = task.state;
        await store.advance(id, { name: "claimed", host: "h1", claim: randomUUID(), job, lane, at: now() });
      }
      if (how === "begin") return;
      const epoch = (await store.read(id))?.epoch ?? 0;
      await store.advance(id, { name: "progress", epoch, progress: { agent: "claude" }, at: now() });
      await store.advance(id, { name: "ended", epoch, outcome: { kind: "no_changes", lastWords: "" }, at: now() });
    },
    sweep: async () => {
      const findPushed = async () => undefined;
      await reconcile({ redis, store, queue, hosts, paused: async () => ({}), findPushed, now, log }, new Set());
      await lookAtTeams({ store, queue, plans, now, log });
    },
    /** What Redis holds of tasks that wait. */
    traces: async () => [...(await redis.keys(`${keys.dispatch}*`)), ...(await redis.keys(keys.followers("*")))],
    async clear() {
      await Promise.all(stops.splice(0).map((stop) => stop()));
      await redis.flushall();
      offsetMs = 0;
    },
    async close() {
      await queue.close();
      redis.disconnect();
      await server.stop();
    },
  };
}

export type BotOptions = Partial<DispatcherDeps> & { life?: Life; hears?: boolean; skewMs?: number };
