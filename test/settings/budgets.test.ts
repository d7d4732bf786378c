import { expect, test } from "vitest";
import { budgetSchema, repositoryBudgetSchema } from "../../src/settings/budgets.ts";

test("each key takes an amount of any unit, or several", () => {
  expect(budgetSchema.parse({ task: "$5, 2M", day: "$100", person: "10h" })).toEqual({
    task: { usd: 5, tokens: 2_000_000 },
    day: { usd: 100 },
    person: { ms: 36_000_000 },
  });
});

test.each<[string, object]>([
  ["a word that is no amount", { task: "lots" }],
  ["a bare number", { task: 5 }],
  ["a key that nobody knows", { week: "$5" }],
  ["dollars that are shared, where nothing says how many one run sets aside", { day: "$100" }],
  ["tokens that are shared, likewise", { run: "$1", conversation: "5M" }],
])("%s is refused", (_, written) => {
  expect(budgetSchema.safeParse(written).success).toBe(false);
});

test("a repository cannot limit all tasks, nor say what its tasks have by default", () => {
  for (const key of ["day", "taskDefault"])
    expect(repositoryBudgetSchema.safeParse({ [key]: "$1" }).success).toBe(false);
  expect(repositoryBudgetSchema.parse({ repository: "$9" })).toEqual({ repository: { usd: 9 } });
});
