/** A person has allowed a plan more than it might use so far: its team's task may use that from then on, and so may the tasks of its nodes. Pure. */
import { type Amounts, UNITS } from "../text/budget.ts";
import { widest } from "./envelope.ts";
import type { Task } from "./task.ts";

/** Undefined where it may use as much already, or works on no plan. */
export function withRaise(task: Task, budget: Amounts): Task | undefined {
  const { spec } = task;
  const before = spec.team ? spec.budget : spec.node?.planBudget;
  if (UNITS.every((unit) => budget[unit] === undefined || (before?.[unit] ?? -1) >= budget[unit])) return undefined;
  const raised = widest(before, budget);
  if (spec.team) return { ...task, spec: { ...spec, budget: raised } };
  return spec.node && { ...task, spec: { ...spec, node: { ...spec.node, planBudget: raised } } };
}
