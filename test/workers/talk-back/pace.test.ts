import { expect, test } from "vitest";
import { makePace } from "../../../workers/talk-back/pace.ts";

test("so many may happen at once, then one at a time, and whoever waits is told for how long", () => {
  let now = 0;
  const pace = makePace({ burst: 3, perSecond: 2 }, () => now);
  expect([pace.take(), pace.take(), pace.take()]).toEqual([0, 0, 0]);
  expect(pace.take()).toBe(500);
  now += 250;
  expect(pace.take()).toBe(250);
  now += 250;
  expect([pace.take(), pace.take()]).toEqual([0, 500]);
});

test("a pause gives back no more than the burst", () => {
  let now = 0;
  const pace = makePace({ burst: 2, perSecond: 10 }, () => now);
  pace.take();
  now += 3_600_000;
  expect([pace.take(), pace.take(), pace.take() > 0]).toEqual([0, 0, true]);
});
