/** Shares and percentiles as a reader may rely on them. Pure. */

/** The standard normal distribution leaves 5 % above it. */
const Z = 1.6449;

/** Wilson's interval of 90 %: also of few tries it says no more than is known. `of`: at least one. */
export function interval(count: number, of: number): { rate: number; from: number; to: number } {
  const rate = count / of;
  const spread = Z * Math.sqrt((rate * (1 - rate)) / of + Z ** 2 / (4 * of ** 2));
  const [middle, scale] = [rate + Z ** 2 / (2 * of), 1 + Z ** 2 / of];
  return { rate, from: Math.max(0, (middle - spread) / scale), to: Math.min(1, (middle + spread) / scale) };
}

/** By nearest rank: each is a value that there was. `sorted`: at least one, the smallest first. */
export function percentiles(sorted: ArrayLike<number>): { n: number; p50: number; p95: number } {
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { n: sorted.length, p50: at(0.5), p95: at(0.95) };
}
