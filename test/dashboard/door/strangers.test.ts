import { expect, test } from "vitest";
import { makeStrangers } from "../../../dashboard/door/strangers.ts";

const HOUR = 3600_000;

test("GitHub is asked about strangers so often within an hour, and about people who have a right always", () => {
  let now = 1_000_000;
  const strangers = makeStrangers(() => now);
  expect(strangers.mayAsk(1)).toBe(true);
  strangers.welcome(1);
  let granted = 1;
  for (let person = 2; person < 2_000; person++) granted += Number(strangers.mayAsk(person));
  expect(granted).toBe(600);
  expect(strangers.mayAsk(1)).toBe(true);
  now += HOUR - 1;
  expect(strangers.mayAsk(5_000)).toBe(false);
  now += 1;
  expect(strangers.mayAsk(5_000)).toBe(true);
});

test("who had a right once is a stranger again after a week, and a clock set back locks nobody out", () => {
  let now = 30 * 24 * HOUR;
  const strangers = makeStrangers(() => now);
  strangers.welcome(1);
  for (let person = 2; person < 1_000; person++) strangers.mayAsk(person);
  now += 8 * 24 * HOUR;
  for (let person = 2; person < 1_000; person++) strangers.mayAsk(person);
  expect(strangers.mayAsk(1)).toBe(false);
  now -= 20 * 24 * HOUR;
  expect(strangers.mayAsk(3)).toBe(true);
});
