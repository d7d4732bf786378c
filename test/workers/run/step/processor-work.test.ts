import { expect, test } from "vitest";
import { sampleEvery, watchWork } from "../../../../workers/run/step/processor-work.ts";

const MINUTE = 60_000;
const WINDOW = 15 * MINUTE;

/** What has been seen of a program after samples at these minutes, with so much processor time by then, ms. */
function seen(...samples: [minute: number, used: number][]) {
  let used = 0;
  const work = watchWork(() => used, WINDOW);
  for (const [minute, by] of samples) {
    used = by;
    work.sample(minute * MINUTE);
  }
  return work.within(WINDOW);
}

test("a second of processor time is work, and less is waiting", () => {
  expect(seen([0, 500], [15, 1_500])).toBe(true);
  expect(seen([0, 500], [15, 1_490])).toBe(false);
});

test("what was done before the window does not count", () => {
  expect(seen([0, 0], [5, 90_000], [10, 90_000], [20, 90_100])).toBe(false);
  expect(seen([0, 0], [5, 0], [10, 90_000], [20, 90_100])).toBe(true);
});

test("a process that ends unseen takes nothing away from what the others do", () => {
  expect(seen([0, 0], [5, 70_000], [10, 200], [15, 900])).toBe(true);
  expect(seen([0, 90_000], [5, 10], [10, 500], [15, 1_020])).toBe(true);
  expect(seen([0, 90_000], [5, 10], [15, 900])).toBe(false);
});

test("who is watched for less than a window is judged by as much less, and by nothing at all too early", () => {
  expect(seen()).toBeUndefined();
  expect(seen([100, 90_000])).toBeUndefined();
  expect(seen([100, 90_000], [103, 190_000])).toBeUndefined();
  expect(seen([100, 90_000], [105, 90_400])).toBe(true);
  expect(seen([100, 90_000], [105, 90_300])).toBe(false);
});

test("of a window of a few seconds a tenth is work", () => {
  const used = [0, 240];
  const work = watchWork(() => used.shift() ?? 0, WINDOW);
  work.sample(0);
  work.sample(2_400);
  expect(work.within(2_400)).toBe(true);
  expect(sampleEvery(2_400)).toBe(600);
});
