/**
 * What a run has to know of Redis before it goes on is waited for, as long as the run is not interrupted: nothing is published
 * over the head of somebody who has said something, and no finished work is lost for one answer that did not come.
 */
import { setTimeout as delay } from "node:timers/promises";
import { type Run, throwIfInterrupted } from "./run.ts";

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 5_000;

/** Throws the run's interruption. */
export async function untilRedisAnswers<T>(run: Run, deed: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await deed();
    } catch (error) {
      throwIfInterrupted(run);
      run.log.warn({ err: error }, "Redis does not answer; trying again");
      await delay(Math.min(FIRST_WAIT_MS * 2 ** attempt, LONGEST_WAIT_MS), undefined, { signal: run.signal }).catch(
        () => undefined,
      );
      throwIfInterrupted(run);
    }
  }
}
