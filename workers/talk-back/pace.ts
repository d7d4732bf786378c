/** How often something may happen: `burst` times at once, then `perSecond`. The clock is monotonic and comes in. */
export type Pace = {
  /** Counts one. 0 when it may happen now; else it does not count, and so many ms are to be waited. */
  take(): number;
};

export function makePace(
  { burst, perSecond }: { burst: number; perSecond: number },
  now = () => performance.now(),
): Pace {
  let left = burst;
  let at = now();
  return {
    take() {
      const time = now();
      left = Math.min(burst, left + ((time - at) / 1_000) * perSecond);
      at = time;
      if (left < 1) return Math.ceil(((1 - left) / perSecond) * 1_000);
      left -= 1;
      return 0;
    },
  };
}
