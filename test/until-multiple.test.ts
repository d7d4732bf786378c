import { afterEach, expect, test, vi } from "vitest";
import { atMultiplesOf, untilMultipleOf } from "../src/until-multiple.ts";

afterEach(() => void vi.useRealTimers());

test("whoever asks waits for the same moment", () => {
  expect([untilMultipleOf(5_000, 1_200), untilMultipleOf(5_000, 4_000)]).toEqual([3_800, 1_000]);
  expect(untilMultipleOf(1_000, 4_000)).toBe(1_000);
});

test("a look that came a little early is not repeated at once", () => {
  expect(untilMultipleOf(5_000, 4_990)).toBe(5_010);
  expect(untilMultipleOf(20, 5)).toBe(15);
});

test("looks come at these moments until they are stopped", async () => {
  vi.useFakeTimers({ now: 0 });
  const at: number[] = [];
  const looking = atMultiplesOf(1_000, () => void at.push(Math.round(performance.now() / 1_000)));
  await vi.advanceTimersByTimeAsync(3_500);
  looking.stop();
  await vi.advanceTimersByTimeAsync(3_000);
  expect(at).toHaveLength(3);
  expect(at.at(-1)).toBe((at[0] ?? 0) + 2);
});
