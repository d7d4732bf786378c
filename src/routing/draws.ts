/** Numbers drawn by chance that are the same for the same seed, on every machine. Pure. */
import { createHash } from "node:crypto";

/** From 0 up to, not including, 1. */
export type Draw = () => number;

/** The generator sfc32, begun with the seed's hash: small, fast, and good enough to share work out by. */
export function drawsFor(seed: string): Draw {
  const hash = createHash("sha256").update(seed).digest();
  let [a, b, c, counter] = [hash.readInt32LE(0), hash.readInt32LE(4), hash.readInt32LE(8), 1];
  return () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
}

/** By Box and Muller. */
function normal(draw: Draw): number {
  return Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
}

/** By Marsaglia and Tsang; `shape` at least 1. */
function gamma(shape: number, draw: Draw): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(draw);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - draw()) < x ** 2 / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** A share of which it is known how often it came and how often not: `yes` and `no` at least 1. */
export function beta(yes: number, no: number, draw: Draw): number {
  const [one, other] = [gamma(yes, draw), gamma(no, draw)];
  return one / (one + other);
}
