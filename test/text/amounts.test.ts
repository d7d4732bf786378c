import { expect, test } from "vitest";
import { count, dollars, duration } from "../../src/text/amounts.ts";

const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3600_000, 24 * 3600_000] as const;

test.each([
  [-1, "0s"],
  [499, "0s"],
  [59 * SECOND + 500, "1m"],
  [2 * MINUTE + 3 * SECOND, "2m 3s"],
  [HOUR - SECOND, "59m 59s"],
  [HOUR + 59 * SECOND, "1h"],
  [DAY, "24h"],
  [2 * DAY - SECOND, "47h 59m"],
  [2 * DAY, "2d"],
  [7 * DAY - SECOND, "6d 23h"],
])("%i ms are %s", (ms, words) => {
  expect(duration(ms)).toBe(words);
});

test("counts and dollars", () => {
  expect([count(1, "task"), count(1_234, "task"), count(2, "is", "are")]).toEqual(["1 task", "1,234 tasks", "2 are"]);
  expect([dollars(0), dollars(1.234), dollars(0.00123)]).toEqual(["$0.00", "$1.23", "$0.001"]);
});
