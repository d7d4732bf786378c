/**
 * Everything with a lifetime has a deadline. Silence is measured from the last byte that the program wrote, so that a
 * restart of the host neither forgives nor punishes: the files' own times decide.
 */
import { deadlinesOf, type StepTimes } from "../../../src/task/deadlines.ts";
import type { Deadline, StopCause } from "../../../src/task/task.ts";
import type { Limits } from "../../operator-file.ts";
import type { StepKind } from "./step-name.ts";

/** `cause`: the last trouble that the program told of. */
export type Missed = { deadline: Deadline; afterMs: number; cause?: StopCause | undefined };

const MINUTE_MS = 60_000;

/** The longest that a step may take, ms, however much it says. */
export const longestOf = (kind: StepKind, limits: Limits): number => minutesOf[kind](limits) * MINUTE_MS;

const minutesOf: Record<StepKind, (limits: Limits) => number> = {
  setup: ({ setupMinutes }) => setupMinutes,
  agent: ({ totalMinutes }) => totalMinutes,
  verify: ({ verifyMinutes }) => verifyMinutes,
};

/** Resolves with the first deadline that is really missed. One timer at a time; looks again when output has moved it. */
export function watchDeadlines(
  kind: StepKind,
  limits: Limits,
  readTimes: () => Promise<StepTimes>,
  now: () => number,
): { missed: Promise<Missed>; spoke(): void; stop(): void } {
  const { promise, resolve, reject } = Promise.withResolvers<Missed>();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let heard = false;
  const look = async () => {
    const [next] = deadlinesOf(kind, limits, await readTimes());
    if (stopped || !next) return;
    const left = next.at - now();
    if (left <= 0) return resolve({ deadline: next.deadline, afterMs: next.afterMs });
    timer = setTimeout(() => look().catch(reject), Math.min(left, 2 ** 31 - 1));
  };
  look().catch(reject);
  return {
    missed: promise,
    /** The first words change which deadline is next; later ones only move it, which the next look sees. */
    spoke() {
      if (heard || stopped) return;
      heard = true;
      clearTimeout(timer);
      look().catch(reject);
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
