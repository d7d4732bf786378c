/**
 * Wakes what looks for work by messages on a channel of Redis. A message may get lost, so whatever is woken sweeps as well; when the
 * connection is back it looks at once, for what it was not told.
 */
import type { Redis } from "ioredis";
import type { Logger } from "./log.ts";

/** All bots hear a message at the same time; spread over this time (ms), and gathered, they seldom look in vain. */
const SPREAD_MS = 25;

/** `wake`: look in so many ms. `about`: what the messages tell of, for the log. */
export type Wakes = { channel: string; about: string; wake: (inMs: number) => void; log: Logger };

/** Until it is stopped. */
export function wakeByMessages(subscriber: Redis, { channel, about, wake, log }: Wakes): { stop(): void } {
  const onMessage = (heard: string) => {
    if (heard === channel) wake(Math.random() * SPREAD_MS);
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
