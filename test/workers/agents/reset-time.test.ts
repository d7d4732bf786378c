import { expect, it } from "vitest";
import { resetTimeIn } from "../../../workers/agents/reset-time.ts";

const now = Date.UTC(2026, 10, 27, 12, 0, 0);
const MINUTE = 60_000;

it.each([
  ["Please retry in 41.5s.", 41_500],
  ["Please try again in 1m12s", 72_000],
  ["You've hit your usage limit. Try again in 2 days 3 hours 5 minutes.", ((2 * 24 + 3) * 60 + 5) * MINUTE],
  ["Your quota will reset after 2h30m5s.", 150 * MINUTE + 5_000],
  ['{"retryDelay": "34s"}', 34_000],
  ["retry-after: 1800", 30 * MINUTE],
  ["Claude AI usage limit reached|1795787400", 1_795_787_400_000 - now],
  ["You've hit your session limit · resets 3:45pm (UTC)", 225 * MINUTE],
  ["5-hour limit reached ∙ resets 9am", 21 * 60 * MINUTE],
  ["limit reached, resets 3pm (Europe/Berlin)", 120 * MINUTE],
  ["available again at 2026-11-27T13:00:00Z", 60 * MINUTE],
])("reads %j", (words, inMs) => {
  expect(resetTimeIn(words, now)).toBe(now + inMs);
});

it.each(["rate limited", "resets soon", "resets 3pm (Nowhere/Land)", "tried again 3 times"])(
  "finds no time in %j",
  (words) => {
    expect(resetTimeIn(words, now)).toBeUndefined();
  },
);
