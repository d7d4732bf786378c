import { expect, test } from "vitest";
import { fuzz, ROUND } from "./fuzz.ts";

/** The same at every run, because the two readings differ in corners that no comment has; `npm run fuzz` takes others. */
const FIRST = Number(process.env.ORCH_SEED ?? 20_261_127);

test.each([0, 1, 2, 3])(
  "50,000 random comments are read without fail, and as a second reader reads them (%d)",
  { timeout: 300_000 },
  (round) => {
    const seed = FIRST + round;
    console.log(`seed ${seed}`);
    const { commands, wrong } = fuzz(seed, ROUND);
    expect(wrong).toEqual([]);
    expect(commands).toBeGreaterThan(ROUND / 2);
  },
);
