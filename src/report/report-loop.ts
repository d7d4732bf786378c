/** Decides when tasks are reported: what is due stands in the store, and messages on the `changed` channel say when to look. */
import type { Redis } from "ioredis";
import { startDueLoop } from "../due-loop.ts";
import type { Taken } from "../task/due-set.ts";
import { keys } from "../task/keys.ts";
import { wakeByMessages } from "../wake-by-messages.ts";
import type { ReporterDeps } from "./showing.ts";

/** At least this often is looked, ms: messages may get lost. */
const SWEEP_MS = 15_000;
export const MAX_AT_ONCE = 64;

type Deps = Pick<ReporterDeps, "store" | "now" | "log">;

export function startReportLoop({ store, now, log }: Deps, subscriber: Redis, work: (taken: Taken) => Promise<void>) {
  const set = store.reports;
  const loop = startDueLoop({ name: "reports", set, atOnce: MAX_AT_ONCE, sweepMs: SWEEP_MS, work, now, log });
  const woken = wakeByMessages(subscriber, { channel: keys.changed, about: "changes", wake: loop.wake, log });
  return {
    async stop(): Promise<void> {
      woken.stop();
      await loop.stop();
    },
  };
}
