/**
 * Whether a step's programs are at work although they say nothing: a compiler, a long test, a tool without output. Measured
 * by the processor time of their processes, in samples that are taken seldom, so that watching costs next to nothing.
 */

export type ProcessorWork = {
  /** Takes a sample at `at`, Unix ms. */
  sample(at: number): void;
  /** Whether there was work within the last `windowMs` before the newest sample; undefined: not watched for long enough to say. */
  within(windowMs: number): boolean | undefined;
};

/** Less than this within a window is what a program uses while it only waits, ms. */
const WORK_MS = 1_000;
/** Of a window so short that a second would be much of it. */
const SHARE = 0.1;

/** How often to take a sample for a window of that length: what was done just before it began may count, but no more. */
export const sampleEvery = (windowMs: number): number => windowMs / 4;

/** `read`: the processor time so far, ms. `keepMs`: the longest window that will be asked about. */
export function watchWork(read: () => number, keepMs: number): ProcessorWork {
  const samples: { at: number; worked: number }[] = [];
  let last = 0;
  return {
    sample(at) {
      const now = read();
      const newest = samples.at(-1);
      // Time may go missing with a process; that takes nothing away from what was done.
      samples.push({ at, worked: newest ? newest.worked + Math.max(0, now - last) : 0 });
      last = now;
      // One that is older than the longest window is where that begins.
      while (samples[1] && samples[1].at <= at - keepMs) samples.shift();
    },
    within(windowMs) {
      const newest = samples.at(-1);
      if (!newest) return undefined;
      const begin = samples.findLast(({ at }) => at <= newest.at - windowMs) ?? samples[0] ?? newest;
      // A host that has just been started again has not seen all of it, and asks for as much less.
      const watched = Math.min(newest.at - begin.at, windowMs);
      if (watched < sampleEvery(windowMs)) return undefined;
      return newest.worked - begin.worked >= Math.min(WORK_MS, windowMs * SHARE) * (watched / windowMs);
    },
  };
}
