/**
 * Opens Redis for a bot: its connections, the gate that says whether Redis may be trusted, and all that is kept there. A Redis that
 * is away may come later; one that is not fit to keep tasks in is refused at once.
 */
import { ConfigError } from "../config.ts";
import { makeInbox } from "../intake/inbox.ts";
import type { Logger } from "../log.ts";
import { makeRedisGate, type RedisGate } from "../redis-gate.ts";
import { makeCallerReplies } from "../task/caller-replies.ts";
import { makeDeeds } from "../task/deeds.ts";
import { readHosts } from "../task/hosts.ts";
import { readPause } from "../task/pause.ts";
import { makePlanStore } from "../task/plans.ts";
import { makeTaskQueue } from "../task/queue.ts";
import { tellOnce } from "../task/record.ts";
import { connectBlockingRedis, connectRedis, waitForRedis } from "../task/redis.ts";
import { makeScheduleStore } from "../task/schedules.ts";
import { makeTaskStore } from "../task/store.ts";
import { makeViewReader } from "../views/reader.ts";

export type Storage = Awaited<ReturnType<typeof openStorage>>;

/** A bot that starts before its Redis waits so long for it, ms, and then listens anyway, answering 503. */
const REDIS_WAIT_MS = 5_000;

/** Throws ConfigError when Redis is not fit. */
export async function openStorage(url: string, { now, log }: { now: () => number; log: Logger }) {
  const redis = connectRedis(url, "bot");
  const subscriber = connectBlockingRedis(url, "bot-changes");
  const gate = makeRedisGate(redis, log);
  const disconnect = () => {
    gate.stop();
    subscriber.disconnect();
    redis.disconnect();
  };
  try {
    await firstCheck(gate, waitForRedis(redis, REDIS_WAIT_MS), log);
  } catch (error) {
    disconnect();
    throw error;
  }
  const tell = tellOnce((key, error) => log.error({ err: error, key }, "a record in Redis cannot be read: left out"));
  const store = makeTaskStore(redis, tell);
  const queue = makeTaskQueue(redis);
  const hosts = () => readHosts(redis, now(), tell);
  return {
    redis,
    /** Subscribes to what the parts of the bot listen to. */
    subscriber,
    gate,
    isFit: gate.isFit,
    store,
    queue,
    plans: makePlanStore(redis, tell),
    inbox: makeInbox(redis, tell),
    callers: makeCallerReplies(redis, tell),
    deeds: makeDeeds(redis, tell),
    schedules: makeScheduleStore(redis, tell),
    views: makeViewReader({ redis, store, queue, hosts, now }),
    hosts,
    paused: () => readPause(redis),
    async close() {
      await queue.close();
      disconnect();
    },
  };
}

/** An unfit Redis is refused at once; one that is not there yet may come later. */
async function firstCheck(gate: RedisGate, connected: Promise<void>, log: Logger): Promise<void> {
  try {
    await connected;
    await gate.check();
  } catch (error) {
    log.error(
      { err: error },
      "Redis does not answer: listening nevertheless, deliveries are answered with 503 until it does",
    );
    return;
  }
  if (!gate.isFit()) throw new ConfigError(gate.problems());
}
