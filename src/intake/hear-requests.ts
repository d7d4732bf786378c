/**
 * Bots hear at once of what somebody else has recorded: a command line records and ends, and no bot has put it there itself. A message may get
 * lost; what stands in the inbox is found by the next sweep all the same.
 */
import type { Redis } from "ioredis";
import type { Logger } from "../log.ts";
import { keys } from "../task/keys.ts";

/** All bots hear a message at the same time; spread over this time (ms), they seldom look in vain. */
const SPREAD_MS = 25;

/** Tells all bots of a request that is recorded. Throws what Redis answers. */
export async function tellBots(redis: Redis, name: string): Promise<void> {
  await redis.publish(keys.requested, name);
}

/** `wake` comes at each such message, and once the connection is back: messages were missed without it. */
export function hearRequests(subscriber: Redis, wake: () => void, log: Logger): void {
  subscriber.on("message", (channel: string) => {
    if (channel === keys.requested) setTimeout(wake, Math.random() * SPREAD_MS);
  });
  subscriber.on("ready", wake);
  subscriber
    .subscribe(keys.requested)
    .catch((error: unknown) => log.error({ err: error }, "no messages about requests: only sweeping"));
}
