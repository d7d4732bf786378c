/**
 * Watches what a turn of the agent uses of what its run may use: most of it is told once, and when it is all used up the turn ends. The
 * last turn, in which the agent commits what it has, gets a little more, and a few minutes.
 */
import { type Amounts, UNITS } from "../../src/text/budget.ts";
import { usedBy } from "./budget.ts";
import type { Run, Shared } from "./run.ts";
import type { StepName } from "./step/step-name.ts";
import type { StepRecord } from "./step/step-record.ts";

/** From this share on people are told. */
const LOW_SHARE = 0.8;
const LAST_TURN_MS = 5 * 60_000;
/** Of what the run may use, for its last turn. */
const LAST_TURN_SHARE = 0.2;
/** Many programs say what they have used with their very last words: who is done by then, is not stopped, ms. */
const DONE_MS = 2_000;
/** The longest that Node's timers can wait, ms. */
const LONGEST_MS = 2 ** 31 - 1;

export type BudgetWatch = { spent: Promise<void>; look(): void; stop(): void };

/** Undefined where nothing is limited. `changed`: there is something to tell. */
export function watchBudget(shared: Shared, run: Run, step: StepRecord, changed: () => void): BudgetWatch | undefined {
  const { record } = run.folder;
  const { budget } = record;
  if (budget?.epoch !== record.epoch || step.counted) return undefined;
  const isLast = budget.lastTurn === step.name;
  const { promise: spent, resolve } = Promise.withResolvers<void>();
  let timer: NodeJS.Timeout | undefined;
  let ending: NodeJS.Timeout | undefined;

  const look = () => {
    const used = usedBy(shared, run, step.name);
    // Time is not told of by anybody: the clock is.
    clearTimeout(timer);
    const until = isLast ? step.startedAt + LAST_TURN_MS - Date.now() : untilTime(budget.reserved, used);
    timer = setTimeout(look, Math.min(Math.max(until, 1_000), LONGEST_MS));
    timer.unref();
    const share = shareOf(budget.reserved, used, isLast);
    if (share >= LOW_SHARE && !budget.low) {
      budget.low = true;
      run.folder.save();
      changed();
    }
    if (share >= (isLast ? (budget.lastShare ?? 1) : 1) || (isLast && until <= 0))
      ending ??= setTimeout(resolve, DONE_MS);
  };
  const stop = () => {
    clearTimeout(timer);
    clearTimeout(ending);
  };
  look();
  return { spent, look, stop };
}

/** The largest share of any unit. In the last turn the time of the turn counts instead. */
function shareOf(reserved: Amounts, used: Amounts, isLast: boolean): number {
  const shares = UNITS.filter((unit) => unit !== "runs" && !(isLast && unit === "ms")).map((unit) => {
    const [most, now] = [reserved[unit], used[unit]];
    return most === undefined || now === undefined ? 0 : most === 0 ? 1 : now / most;
  });
  return Math.max(0, ...shares);
}

/** When most of the time is used, or all of it. */
function untilTime({ ms: most }: Amounts, { ms: used = 0 }: Amounts): number {
  if (most === undefined) return LONGEST_MS;
  return used < most * LOW_SHARE ? most * LOW_SHARE - used : most - used;
}

/** Up to which share a run may go in its last turn: a program that says late what it used may be far beyond all by now. */
export function lastShareOf(shared: Shared, run: Run): number {
  const { budget } = run.folder.record;
  return Math.max(1, budget ? shareOf(budget.reserved, usedBy(shared, run), true) : 1) + LAST_TURN_SHARE;
}

/** Whether there is nothing left for a turn after this one. */
export function isAllUsed(shared: Shared, run: Run, turn: StepName): boolean {
  const { budget, epoch } = run.folder.record;
  return budget?.epoch === epoch && shareOf(budget.reserved, usedBy(shared, run, turn), false) >= 1;
}
