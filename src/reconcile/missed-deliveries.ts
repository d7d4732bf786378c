/**
 * Decides when to catch up on missed deliveries: at start, every five minutes, when one is due to be asked for again,
 * and soon after we had to refuse one ourselves. Whatever goes wrong is logged and tried again; nothing waits for it.
 */
import { retryAfterMs } from "../github.ts";
import { keys } from "../task/keys.ts";
import { CATCH_UP_LEASE_MS, type CatchUpDeps, catchUp } from "./catch-up.ts";
import { makeLease } from "./lease.ts";

export type CatchUpTimes = { everyMs: number; minAgeMs: number };
export const CATCH_UP_TIMES: CatchUpTimes = { everyMs: 5 * 60_000, minAgeMs: 60_000 };

export type CatchingUp = {
  /** A delivery has just been refused: look when it is old enough. Returns at once. */
  soon(): void;
  /** Ends a round between two requests, and waits for it. */
  stop(): Promise<void>;
};

type Deps = Omit<CatchUpDeps, "lease" | "startedAt" | "minAgeMs"> & {
  /** Whether Redis may be trusted: before, GitHub would be asked in vain. */
  isFit: () => boolean;
  times: CatchUpTimes;
};

/** After a failure, ms. */
const RETRY_MS = 60_000;
const SHORTEST_WAIT_MS = 1_000;

/** To be called when the bot listens: what was tried before cannot be on its way to it any more. */
export function startCatchingUp({ isFit, times, ...deps }: Deps): CatchingUp {
  const { now, log } = deps;
  const startedAt = now();
  const lease = makeLease(deps.redis, keys.catchUpLease, CATCH_UP_LEASE_MS);
  let stopped = false;
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let nextAt = Number.POSITIVE_INFINITY;

  /** Uses its own clock: `now` may be a test's. */
  function wakeIn(delayMs: number): void {
    const at = performance.now() + delayMs;
    if (stopped || at >= nextAt) return;
    clearTimeout(timer);
    nextAt = at;
    timer = setTimeout(run, delayMs);
  }

  function run(): void {
    nextAt = Number.POSITIVE_INFINITY;
    running ??= look().then((delayMs) => {
      running = undefined;
      wakeIn(Math.max(delayMs, Math.min(SHORTEST_WAIT_MS, times.everyMs)));
    });
  }

  /** How long until the next round, ms. Never rejects. */
  async function look(): Promise<number> {
    if (!isFit()) return Math.min(RETRY_MS, times.everyMs);
    try {
      const wait = await catchUp({ ...deps, lease, startedAt, minAgeMs: times.minAgeMs }, () => stopped);
      return Math.min(wait ?? times.everyMs, times.everyMs);
    } catch (error) {
      log.warn({ err: error }, "missed deliveries cannot be looked for, tried again later");
      return Math.max(Math.min(RETRY_MS, times.everyMs), retryAfterMs(error, now()) ?? 0);
    }
  }

  wakeIn(0);
  return {
    soon: () => wakeIn(times.minAgeMs + SHORTEST_WAIT_MS),
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
