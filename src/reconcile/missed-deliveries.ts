/**
 * Decides when to catch up on missed deliveries: at start, every minute, when one is due to be asked for again,
 * and soon after we had to refuse one ourselves. Whatever goes wrong is logged and tried again; nothing waits for it.
 */
import { retryAfterMs } from "../github.ts";
import { NoLongerTaken } from "../task/due-set.ts";
import { type CatchUpDeps, catchUp } from "./catch-up.ts";
import { Interrupted, startRound } from "./round.ts";

export type CatchUpTimes = { everyMs: number; minAgeMs: number };
export const CATCH_UP_TIMES: CatchUpTimes = { everyMs: 60_000, minAgeMs: 60_000 };

export type CatchingUp = {
  /** A delivery has just been refused: look when it is old enough. Returns at once. */
  soon(): void;
  /** Ends a round between two requests, and waits for it. */
  stop(): Promise<void>;
};

type Deps = Omit<CatchUpDeps, "startedAt" | "minAgeMs"> & {
  /** Whether Redis may be trusted: before, GitHub would be asked in vain. */
  isFit: () => boolean;
  times: CatchUpTimes;
};

/** After a failure, ms. */
const RETRY_MS = 60_000;
/** GitHub's log has what happened with a delivery a little later, ms. */
const LOG_DELAY_MS = 1_000;

/** To be called when the bot listens: what was tried before cannot be on its way to it any more. */
export function startCatchingUp({ isFit, times, ...deps }: Deps): CatchingUp {
  const { redis, now, log } = deps;
  const { everyMs, minAgeMs } = times;
  const startedAt = now();
  const round = startRound({ redis, name: "missed-deliveries", everyMs, work, now, log });

  async function work(keepOn: () => Promise<void>): Promise<number> {
    if (!isFit()) return Math.min(RETRY_MS, everyMs);
    try {
      const wait = await catchUp({ ...deps, startedAt, minAgeMs }, keepOn);
      return Math.min(wait ?? everyMs, everyMs);
    } catch (error) {
      if (error instanceof NoLongerTaken || error instanceof Interrupted) throw error;
      log.warn({ err: error }, "missed deliveries cannot be looked for, tried again later");
      return Math.max(Math.min(RETRY_MS, everyMs), retryAfterMs(error, now()) ?? 0);
    }
  }

  return { soon: () => round.soon(minAgeMs + LOG_DELAY_MS), stop: round.stop };
}
