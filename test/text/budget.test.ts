import { expect, test } from "vitest";
import { type Amounts, amountsWords, readAmounts, sumOf, writeAmounts } from "../../src/text/budget.ts";

test.each<[string, Amounts]>([
  ["$2", { usd: 2 }],
  ["$0.50", { usd: 0.5 }],
  ["2usd", { usd: 2 }],
  ["3 dollars", { usd: 3 }],
  ["500k", { tokens: 500_000 }],
  ["1.5M", { tokens: 1_500_000 }],
  ["2M tokens", { tokens: 2_000_000 }],
  ["1234tokens", { tokens: 1234 }],
  ["30min", { ms: 1_800_000 }],
  ["30 minutes", { ms: 1_800_000 }],
  ["1.5h", { ms: 5_400_000 }],
  ["3runs", { runs: 3 }],
  ["1 run", { runs: 1 }],
  ["$2, 500k; 30 min + 3 runs", { usd: 2, tokens: 500_000, ms: 1_800_000, runs: 3 }],
  ["$0", { usd: 0 }],
])("%s is read, and is the same when it is written and read again", (text, amounts) => {
  expect(readAmounts(text)).toEqual(amounts);
  expect(readAmounts(writeAmounts(amounts))).toEqual(amounts);
});

test.each([
  ["", "nothing"],
  ["5", "of what?"],
  ["2m", "two minutes, or two million?"],
  ["-$2", "less than nothing"],
  ["$2 $3", "the same twice"],
  ["$2 fix", "a word behind it"],
  ["$1e9", "another way to write numbers"],
  ["$99999999", "more than anybody has"],
  ["€5", "another currency"],
  ["$", "no number"],
])("%j is no amount: %s", (text) => {
  expect(readAmounts(text)).toBeUndefined();
});

test("amounts are told in one order, as people read them", () => {
  expect(amountsWords({ runs: 3, usd: 2, ms: 1_800_000 })).toBe("$2.00, 30m of an agent's time and 3 runs");
  expect(amountsWords({ tokens: 500_000 })).toBe("500,000 tokens");
  expect(amountsWords({})).toBe("");
});

test("a sum knows what one of them knows", () => {
  expect(sumOf([{ usd: 1 }, { usd: 2, tokens: 5 }, {}])).toEqual({ usd: 3, tokens: 5 });
});
