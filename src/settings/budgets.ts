/**
 * The `budget` section of the operator's file, and of a repository's, which may only narrow it: how much may be used at most. Each
 * amount is a text such as `$5`, `2M`, `3h` or `$5, 2M`.
 */
import { z } from "zod";
import { type Amounts, readAmounts } from "../text/budget.ts";

/** Written as a text. */
export const amounts = z
  .string()
  .max(200)
  .transform((text, context): Amounts => {
    const read = readAmounts(text);
    if (read) return read;
    context.addIssue({
      code: "custom",
      message:
        "is no amount; write dollars ($5), tokens (500k, 2M), an agent's time (30min, 2h), runs (3runs), or several",
    });
    return z.NEVER;
  });

const most = {
  run: amounts.optional().describe("What one run may use at most, and sets aside before it starts."),
  task: amounts.optional().describe("What one task may use at most, in all its runs."),
  plan: amounts
    .optional()
    .describe("What a team's plan may use at most, with all its nodes and its manager, where that is less than task."),
  conversation: amounts
    .optional()
    .describe("What all tasks of an issue, and of the pull requests that came of it, may use together."),
  person: amounts.optional().describe("What the tasks of one person may use in a day (UTC)."),
  repository: amounts.optional().describe("What the tasks of one repository may use in a day (UTC)."),
};

const setsAside = (
  {
    run,
    ...rest
  }: { [Name in "run" | "task" | "plan" | "conversation" | "person" | "repository" | "day"]?: Amounts | undefined },
  context: z.RefinementCtx,
): void => {
  const all = Object.values(rest).filter((each) => each !== undefined);
  for (const [unit, words] of [
    ["usd", "dollars"],
    ["tokens", "tokens"],
  ] as const) {
    if (run?.[unit] !== undefined || rest.task?.[unit] !== undefined) continue;
    if (all.every((each) => each[unit] === undefined)) continue;
    const message = `limits ${words}, and says not how many one run sets aside: add run or task with an amount of ${words}`;
    context.addIssue({ code: "custom", message });
  }
};

/** Where several runs share an amount, it has to be known how much one of them sets aside. */
export const budgetSchema = z
  .strictObject({
    ...most,
    taskDefault: amounts
      .optional()
      .describe("What a task may use where nobody sets budget= before the request; default: what task says."),
    day: amounts.optional().describe("What all tasks may use in a day (UTC)."),
  })
  .superRefine(setsAside);

/** A repository narrows what the operator lets it use, and never widens it. */
export const repositoryBudgetSchema = z.strictObject({
  run: most.run,
  task: most.task,
  plan: most.plan,
  conversation: most.conversation,
  person: most.person,
  repository: most.repository,
});

export type Budgets = z.output<typeof budgetSchema>;
export type RepositoryBudgets = z.output<typeof repositoryBudgetSchema>;
