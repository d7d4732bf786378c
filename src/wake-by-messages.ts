/**
 * Wakes what looks for work by messages on a channel of Redis. A message may get lost, so whatever is woken sweeps as well; when the
 * connection is back it looks at once, for what it was not told.
 */
import type { Redis } from "ioredis";
import type { Logger } from "./log.ts";

/** All bots hear a message at the same time; spread over this time (ms), and gathered, they seldom look in vain. */
const SPREAD_MS = 25;

export type Wakes = {
  channel: string;
  /** What the messages tell of, for the log. */
  about: string;
  /** Look in so many ms. */
  wake: (inMs: number) => void;
  /** What is done with a message, where it is more than to look soon. Must not throw. */
  hear?: (message: string) => void;
  log: Logger;
};

/** Until it is stopped. */
export function wakeByMessages(subscriber: Redis, wakes: Wakes): { stop(): void } {
  const { channel, about, wake, hear = () => wake(Math.random() * SPREAD_MS), log } = wakes;
  const onMessage = (on: string, message: string) => {
    if (on === channel) hear(message);
  };
  const onReady = () => wake(0);
  subscriber.on("message", onMessage);
  subscriber.on("ready", onReady);
  subscriber
    .subscribe(channel)
    .catch((error: unknown) => log.error({ err: error }, `no messages about ${about}: only sweeping`));
  return {
    stop() {
      subscriber.off("message", onMessage);
      subscriber.off("ready", onReady);
    },
  };
}
