/** What Redis knows, as the bot shows it too. */
import type { Redis } from "ioredis";
import { readHosts } from "../src/task/hosts.ts";
import { makeTaskQueue } from "../src/task/queue.ts";
import { makeTaskStore } from "../src/task/store.ts";
import { makeViewReader } from "../src/views/reader.ts";

export function viewsOf(redis: Redis) {
  const store = makeTaskStore(redis);
  const queue = makeTaskQueue(redis);
  const hosts = () => readHosts(redis, Date.now());
  return { store, queue, views: makeViewReader({ redis, store, queue, hosts, now: Date.now }) };
}
