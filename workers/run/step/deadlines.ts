/**
 * Everything with a lifetime has a deadline. Silence is measured from the last byte that the program wrote, so that a
 * restart of the host neither forgives nor punishes: the files' own times decide. Who is at work although it says nothing is
 * not silent: no words end a program only where there is no work either.
 */
import { type DueDeadline, deadlinesOf, type StepTimes } from "../../../src/task/deadlines.ts";
import type { Deadline, StopCause } from "../../../src/task/outcome.ts";
import type { Limits } from "../../operator-limits.ts";
import { sampleEvery, watchWork } from "./processor-work.ts";
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

const isQuiet = ({ deadline }: DueDeadline): boolean => deadline === "silence" || deadline === "first_output";

/**
 * Resolves with the first deadline that is really missed. One timer at a time; looks again when output has moved it.
 * `processorTime`: what the step's processes have used of it so far, ms.
 */
export function watchDeadlines(
  kind: StepKind,
  limits: Limits,
  readTimes: () => Promise<StepTimes>,
  processorTime: () => number,
  now: () => number,
): { missed: Promise<Missed>; spoke(): void; stop(): void } {
  const { promise, resolve, reject } = Promise.withResolvers<Missed>();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let heard = false;
  const work = watchWork(processorTime, Math.max(limits.firstOutputMinutes, limits.silenceMinutes) * MINUTE_MS);
  const measure = (at: number) => kind === "agent" && work.sample(at);
  measure(now());
  // Whoever has not been watched for long enough is given the benefit of the doubt.
  const isMissed = (due: DueDeadline, at: number) =>
    due.at <= at && !(isQuiet(due) && work.within(due.afterMs) !== false);
  const look = async () => {
    const due = deadlinesOf(kind, limits, await readTimes());
    if (stopped) return;
    const at = now();
    measure(at);
    const missed = due.find((each) => isMissed(each, at));
    if (missed) return resolve({ deadline: missed.deadline, afterMs: missed.afterMs });
    clearTimeout(timer);
    timer = setTimeout(() => look().catch(reject), Math.min(...due.map((each) => untilLook(each, at)), 2 ** 31 - 1));
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

/** A deadline for quiet programs needs samples on the way there, and again once it has passed over one that is at work. */
function untilLook(due: DueDeadline, at: number): number {
  const left = due.at - at;
  if (!isQuiet(due)) return left;
  const pause = sampleEvery(due.afterMs);
  return left > 0 ? Math.min(left, pause) : pause;
}
