/**
 * A report stalls where GitHub takes no word for now: an archived repository, a suspended installation, a locked
 * conversation, a permission that is missing. It stays among what is looked at, ever more seldom, so that everything is told
 * once GitHub takes it; news that this may be so hastens it (`src/on-open-again.ts`). After a month nobody waits for it.
 */
import type { Stalled } from "../task/report-marks.ts";

const FIRST_WAIT_MS = 5 * 60_000;
const LONGEST_WAIT_MS = 6 * 3_600_000;
const MONTH_MS = 30 * 24 * 3_600_000;

/** After one more look in vain. */
export function stalledAgain(before: Stalled | undefined, why: string, now: number): Stalled {
  return { why, since: before?.since ?? now, looks: (before?.looks ?? 0) + 1 };
}

/** When to look again, Unix ms. */
export function nextLookAt({ looks }: Stalled, now: number): number {
  return now + Math.min(FIRST_WAIT_MS * 2 ** (looks - 1), LONGEST_WAIT_MS);
}

/** Nobody waits for it any more. */
export function isOver({ since }: Stalled, now: number): boolean {
  return now - since > MONTH_MS;
}
