/** Decides when tasks are reported: what is due stands in the store, and messages on the `changed` channel say when to look. */
import type { Redis } from "ioredis";
import { startDueLoop } from "../due-loop.ts";
import type { Taken } from "../task/due-set.ts";
import { keys } from "../task/keys.ts";
import type { ReporterDeps } from "./showing.ts";

/** At least this often is looked, ms: messages may get lost. */
const SWEEP_MS = 15_000;
export const MAX_AT_ONCE = 64;
/** All bots hear a message at the same time; spread over this time (ms), and gathered, they seldom look in vain. */
const SPREAD_MS = 25;

type Deps = Pick<ReporterDeps, "store" | "now" | "log">;

export function startReportLoop({ store, now, log }: Deps, subscriber: Redis, work: (taken: Taken) => Promise<void>) {
  const set = store.reports;
  const loop = startDueLoop({ name: "reports", set, atOnce: MAX_AT_ONCE, sweepMs: SWEEP_MS, work, now, log });
  const onMessage = (channel: string) => {
    if (channel === keys.changed) loop.wake(Math.random() * SPREAD_MS);
  };
  // After a lost connection messages were missed.
  const onReady = () => loop.wake();
  subscriber.on("message", onMessage);
  subscriber.on("ready", onReady);
  subscriber
    .subscribe(keys.changed)
    .catch((error: unknown) => log.error({ err: error }, "no messages about changes: only sweeping"));

  async function stop(): Promise<void> {
    subscriber.off("message", onMessage);
    subscriber.off("ready", onReady);
    await loop.stop();
  }

  return { stop };
}
