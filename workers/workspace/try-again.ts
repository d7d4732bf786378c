/**
 * Repeats what git asks of GitHub while its failure may pass: ever more slowly, not before GitHub's own word for it, and for
 * as long as the caller's signal lets it. What was asked must be safe to repeat.
 */
import { setTimeout as delay } from "node:timers/promises";
import pRetry from "p-retry";
import type { Logger } from "../../src/log.ts";
import { StillFailing } from "../still-failing.ts";
import { chanceOf, type RemoteError } from "./git-errors.ts";

/** `fresh`: the last token was not accepted, so that it takes another. */
export type Deed<T> = (token: { fresh: boolean }) => Promise<T>;

export type TryAgainOptions = {
  /** Ends the repetition; whoever waits for a deed that is under way waits on. */
  signal: AbortSignal;
  log: Logger;
  /** Told once, when it has failed for `heldUpMs`: since when, Unix ms. */
  onHeldUp?: (since: number) => void;
  heldUpMs?: number;
  /** The first wait and the longest, ms. */
  waits?: { first: number; longest: number };
};

/** The longest is what an outage that is over costs at most. */
const WAITS = { first: 1_000, longest: 30_000 };
/** What passes sooner is not worth a word to people, ms. */
const HELD_UP_MS = 15_000;
/** A token that GitHub has just made may not be known everywhere; after so many others it is the access that is missing. */
const MAX_TOKENS = 4;

/** Throws a failure that does not pass; StillFailing when the signal ended the repetition. */
export async function tryAgain<T>(deed: Deed<T>, options: TryAgainOptions): Promise<T> {
  const { signal, log, waits = WAITS } = options;
  const noteFailure = heldUpTeller(options);
  let last: Error | undefined;
  let tokens = 1;
  const attempt = () => deed({ fresh: last !== undefined && chanceOf(last) === "another token" });
  const mayPass = (error: Error) => {
    const chance = chanceOf(error);
    if (chance === "another token") tokens += 1;
    return chance === "may pass" || (chance === "another token" && tokens <= MAX_TOKENS);
  };
  try {
    return await pRetry(attempt, {
      retries: Number.POSITIVE_INFINITY,
      minTimeout: waits.first,
      maxTimeout: waits.longest,
      signal,
      shouldRetry: async ({ error, attemptNumber, retryDelay }) => {
        if (!mayPass(error)) return false;
        last = error;
        noteFailure();
        const asked = (error as RemoteError).retryAfterMs ?? 0;
        log.warn(
          { err: error, attempt: attemptNumber, retryDelay, asked },
          "GitHub does not take what git asks: trying again",
        );
        await delay(Math.max(0, asked - retryDelay), undefined, { signal });
        return true;
      },
    });
  } catch (error) {
    if (signal.aborted && last) throw new StillFailing(last.message, { cause: error });
    throw error;
  }
}

function heldUpTeller({ onHeldUp, heldUpMs = HELD_UP_MS }: TryAgainOptions): () => void {
  let since: number | undefined;
  let isTold = false;
  return () => {
    since ??= Date.now();
    if (isTold || Date.now() - since < heldUpMs) return;
    isTold = true;
    onHeldUp?.(since);
  };
}
