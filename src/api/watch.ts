/**
 * Wakes whoever waits for news of a task or of a request. A message may get lost, so nobody waits for one alone: who waits looks
 * again after a while.
 */
import type { Redis } from "ioredis";
import type { Logger } from "../log.ts";
import { keys } from "../task/keys.ts";

export type Watch = ReturnType<typeof startWatch>;

export function startWatch(subscriber: Redis, log: Logger) {
  const waiting = new Map<string, Set<() => void>>();
  const channels: readonly string[] = [keys.changed, keys.callerReplied];

  const onMessage = (channel: string, name: string) => {
    if (channels.includes(channel)) for (const wake of [...(waiting.get(name) ?? [])]) wake();
  };
  subscriber.on("message", onMessage);
  subscriber
    .subscribe(...channels)
    .catch((error: unknown) =>
      log.error({ err: error }, "no messages for programs that wait: they look at times only"),
    );

  /** Resolves with the next news of one of them, after so many ms, or when it is given up. */
  function next(names: readonly string[], ms: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (signal.aborted) resolve();
    const timer = setTimeout(resolve, ms);
    for (const name of names) waiting.set(name, (waiting.get(name) ?? new Set()).add(resolve));
    signal.addEventListener("abort", resolve as () => void, { once: true });
    return promise.finally(() => {
      clearTimeout(timer);
      signal.removeEventListener("abort", resolve as () => void);
      for (const name of names) forget(name, resolve);
    });
  }

  function forget(name: string, wake: () => void): void {
    const all = waiting.get(name);
    all?.delete(wake);
    if (all?.size === 0) waiting.delete(name);
  }

  return { next, stop: () => void subscriber.off("message", onMessage) };
}
