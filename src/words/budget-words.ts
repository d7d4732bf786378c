/** What the bot says about envelopes: for which a task waits, which one refuses it, and what is spent, set aside and left of each. */

import { type EnvelopeKind, isDaily, type Short } from "../task/envelope.ts";
import type { RunBudget } from "../task/progress.ts";
import type { Task } from "../task/task.ts";
import { type Amounts, amountWords, bareAmount, sumOf, UNITS, type Unit } from "../text/budget.ts";
import type { Quoting } from "../text/quote.ts";
import type { EnvelopeView } from "../views/budget.ts";

/** Whose envelope it is, as the subject of a sentence about what may be used. */
const whose: Record<EnvelopeKind, string> = {
  task: "this task may use",
  plan: "this plan's runs may use together",
  conversation: "the tasks of this conversation may use together",
  person: "one person's tasks may use in a day",
  repository: "this repository's tasks may use in a day",
  day: "all tasks together may use in a day",
};

const what: Record<Unit, string> = { usd: "dollars", tokens: "tokens", ms: "time of agents", runs: "runs" };

/** Where it is set: a plan's is that of the task which asked for it. */
const setting = (of: EnvelopeKind): string => `\`budget.${of === "plan" ? "task" : of}\``;

/** For a task that waits. */
export function waitsForBudget({ of, unit }: Pick<Short, "of" | "unit">): string {
  const used = `What ${whose[of]}, counted in ${what[unit]}, is used up or set aside by tasks that run.`;
  const raise = `the operator of this App raises it (${setting(of)})`;
  return !isDaily(of)
    ? `${used} It starts when there is room again, or when ${raise}.`
    : `${used} It starts when there is room again, after midnight (UTC) at the latest if the new day's suffices, or when ${raise}.`;
}

/** For one that waited too long. */
export const waitedForBudget = (of: EnvelopeKind, after: string): string =>
  `The task waited ${after} for room in the budget: what ${whose[of]} was used up.`;

/** For a `budget=` that is more than a task may have. */
export const beyondBudget = (unit: Unit, asked: number, most: number): string =>
  `You have set a budget of ${amountWords(unit, asked)}, and a task may use at most ${amountWords(unit, most)} here, so I have not started. Ask again with no more than that, or have the operator of this App raise it (\`budget.task\`).`;

/** For a task that can never start. */
export function noBudget({ of, unit }: Pick<Short, "of" | "unit">, limit: number): string {
  return of === "task"
    ? `Of the ${amountWords(unit, limit)} that ${whose.task} too little is left for another run. \`/orch retry budget=…\` does it once more with a budget of its own.`
    : `What ${whose[of]} is ${amountWords(unit, limit)}, which is too little for any run. The operator of this App can raise it (${setting(of)}, or \`budget\` in \`.github/orch.yml\`).`;
}

/** What a run, or a task with all its runs, has used of what it may use; undefined where nothing is limited. */
export function runBudgetWords(
  { reserved, used, task, tight, low, spent }: RunBudget,
  before: Amounts,
): string | undefined {
  const most = { ...reserved, ...task };
  const parts = UNITS.flatMap((unit) => {
    const limit = most[unit];
    if (limit === undefined || unit === "runs") return [];
    const amount =
      used[unit] === undefined ? undefined : used[unit] + (task?.[unit] === undefined ? 0 : (before[unit] ?? 0));
    const less =
      tight?.[unit] !== undefined && task?.[unit] === undefined
        ? `, which is all that was left of what ${whose[tight[unit]]}`
        : "";
    const all = `${amountWords(unit, limit)}${less}`;
    return [
      amount === undefined
        ? `${all}, of which it is not known yet how much is used`
        : `${bareAmount(unit, amount)} of ${all}`,
    ];
  });
  if (parts.length === 0) return undefined;
  const warning = spent
    ? "; it is used up, so the agent has one turn to commit what it has"
    : low
      ? "; more than 80 % is used, and when all is, the agent has one turn to commit what it has"
      : "";
  return `${parts.join("; ")}${warning}`;
}

/** What a task has used of what it may use, by its last run; that one is near its end is told only while it goes on. */
export function taskBudgetWords({ runs, state }: Pick<Task, "runs" | "state">): string | undefined {
  const last = runs.at(-1)?.progress.budget;
  if (!last) return undefined;
  const before = sumOf(runs.slice(0, -1).flatMap(({ progress }) => progress.budget?.used ?? []));
  const { low: _, spent: __, ...known } = last;
  return runBudgetWords(state.name === "settled" ? known : last, before);
}

const names: Record<EnvelopeKind, string> = {
  task: "Task",
  plan: "This plan",
  conversation: "This conversation",
  person: "Tasks of",
  repository: "This repository",
  day: "All tasks",
};

/** What `/orch budget` answers. */
export function budget(envelopes: readonly EnvelopeView[], quoting: Quoting): string {
  const lines = envelopes.flatMap((each) => {
    const said = envelopeWords(each);
    return said === undefined ? [] : [`- ${envelopeName(each, quoting)}: ${said}.`];
  });
  if (lines.length === 0)
    return "Nothing is limited here: neither the operator of this App nor `.github/orch.yml` sets a budget, and no task has one.";
  return [
    ...lines,
    "",
    "A day is one by UTC. `/orch budget=$2` before a request limits that task; the operator of this App limits all the rest.",
  ].join("\n");
}

/** The same as one line, for `/orch status`; undefined where nothing is limited. */
export function budgetLine(envelopes: readonly EnvelopeView[], quoting: Quoting): string | undefined {
  const said = envelopes.flatMap((each) => {
    const words = envelopeWords(each);
    return words === undefined ? [] : [`${envelopeName(each, quoting)}: ${words}`];
  });
  return said.length === 0 ? undefined : `Budget: ${said.join("; ")}.`;
}

/** Whose it is, e.g. "This repository today". */
export function envelopeName({ of, label, daily }: EnvelopeView, { code }: Quoting): string {
  const name = of === "task" || of === "person" ? `${names[of]} ${code(label, 80)}` : names[of];
  return daily ? `${name} today` : name;
}

/** Undefined where it limits nothing. */
function envelopeWords({ limit, spent, reserved, left }: EnvelopeView): string | undefined {
  const units = UNITS.filter((unit) => limit[unit] !== undefined);
  if (units.length === 0) return undefined;
  return units
    .map((unit) => {
      const aside = reserved[unit] ? `, ${bareAmount(unit, reserved[unit])} set aside` : "";
      return `${bareAmount(unit, spent[unit] ?? 0)} of ${amountWords(unit, limit[unit] ?? 0)} used${aside}, ${bareAmount(unit, left[unit] ?? 0)} left`;
    })
    .join("; ");
}
