/**
 * When to look again, so that all that a program looks for regularly is looked for at the same moments: an idle program spends its time
 * on waking up, several times what most looks cost, and what is asked of Redis together goes out together.
 */

/** A timer may come a little early, ms: a look so shortly before its moment is that look. */
const EARLY_MS = 20;

/** Until this program has run for a multiple of `everyMs`, in ms: more than 0, and at most `everyMs` and a little. */
export function untilMultipleOf(everyMs: number, at: number = performance.now()): number {
  const left = Math.ceil(everyMs - (at % everyMs));
  return left < EARLY_MS && left < everyMs / 2 ? left + everyMs : left;
}

/** Looks at these moments, whether or not the look before has ended, until it is stopped. */
export function atMultiplesOf(everyMs: number, look: () => void): { stop(): void } {
  let timer: NodeJS.Timeout;
  const plan = () => {
    timer = setTimeout(() => {
      plan();
      look();
    }, untilMultipleOf(everyMs));
  };
  plan();
  return { stop: () => clearTimeout(timer) };
}
