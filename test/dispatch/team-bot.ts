/** A bot's dispatcher as a program of its own, to be killed. Its Redis is named in the environment. */
import { pino } from "pino";
import { makeDispatcher } from "../../src/dispatch/dispatcher.ts";
import { readHosts } from "../../src/task/hosts.ts";
import { makePlanStore } from "../../src/task/plans.ts";
import { makeTaskQueue } from "../../src/task/queue.ts";
import { connectBlockingRedis, connectRedis, waitForRedis } from "../../src/task/redis.ts";
import { makeTaskStore } from "../../src/task/store.ts";

const url = process.env.REDIS_URL ?? "";
const redis = connectRedis(url, "killed-bot");
await waitForRedis(redis, 10_000);
const now = Date.now;
const dispatcher = makeDispatcher({
  redis,
  store: makeTaskStore(redis),
  plans: makePlanStore(redis),
  queue: makeTaskQueue(redis),
  hosts: () => readHosts(redis, now()),
  onStarting: () => undefined,
  now,
  log: pino({ level: "silent" }),
});
dispatcher.start(connectBlockingRedis(url, "killed-bot-changes"));
process.stdout.write("looks after teams\n");
