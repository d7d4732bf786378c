/** Random numbers that a seed determines, so that a case that failed can be repeated. */

export type Random = {
  /** From 0 on, less than 1. */
  fraction(): number;
  /** A whole number from 0 on, less than `count`. */
  below(count: number): number;
  pick<T>(from: readonly T[]): T;
};

/** The first seed of a test that plays at random; `ORCH_SEED=…` repeats a failure. */
export const SEED = Number(process.env.ORCH_SEED ?? Date.now() % 1_000_000);

/** The generator is mulberry32: 32 bits of state, which is plenty here. */
export function randomFrom(seed: number): Random {
  let state = seed;
  const fraction = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count: number) => Math.floor(fraction() * count);
  return { fraction, below, pick: <T>(from: readonly T[]) => from[below(from.length)] as T };
}
