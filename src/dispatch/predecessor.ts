/** The tasks before one on its branch: for which of them it waits, and from which it goes on. Pure. */
import { branchOf } from "../task/branch.ts";
import type { Task } from "../task/task.ts";
import type { TaskSpec } from "../task/task-spec.ts";
import type { WaitingReason } from "../task/waiting.ts";
import { standsBehind } from "./behind.ts";
import type { World } from "./readiness.ts";
import { WAITS_AT_MOST } from "./wait-until.ts";

/**
 * The last one that is not over stands for all before it, which it waits for itself; should it end first, the one before it is
 * next. So what a task waits for stays short, however many were asked for. A task whose record is in doubt may be at work.
 */
export function unfinished(spec: TaskSpec, { now, before, inDoubt, first }: World): WaitingReason[] {
  const open = onBranchOf(spec, before).filter(({ state }) => state.name !== "settled");
  const doubts = spec.target.kind === "pull" || spec.after !== undefined ? inDoubt : [];
  const until = now + WAITS_AT_MOST.task;
  if (first && standsBehind(spec, first)) return [{ for: "task", task: first.spec.id, behind: true, until }];
  const ids = [...open.map((task) => task.spec.id).slice(-1), ...doubts.slice(-1)];
  return ids.map((task) => ({ for: "task", task, until }));
}

/** Those before it that work, or worked, on the branch that it works on. */
const onBranchOf = (spec: TaskSpec, before: readonly Task[]): Task[] =>
  before.filter((task) => isOnBranchOf(spec, task));

/**
 * Whether an earlier task works, or worked, on the branch that this one works on. On an issue each has its own, and nodes work on none: their
 * team's task has it.
 */
export const isOnBranchOf = (spec: TaskSpec, earlier: Task): boolean =>
  spec.target.kind === "pull" &&
  !spec.node &&
  !earlier.spec.node &&
  (earlier.pushed?.branch ?? branchOf(earlier.spec)) === branchOf(spec);

/** Whether it got as far as an agent, so that there is something to go on from. */
const hadAgent = ({ runs }: Task): boolean => runs.some(({ progress }) => progress.agent !== undefined);

/** Whether another task may go on from it: of a review nobody does, who judges has not to know what was thought before. */
export const mayGoOnFrom = (task: Task): boolean => hadAgent(task) && task.spec.review === undefined;

/** Of a node it is the try before. */
export function predecessorOf(spec: TaskSpec, { before, first, lastTry }: World): Task | undefined {
  if (spec.review) return undefined;
  if (spec.node) return lastTry && hadAgent(lastTry) ? lastTry : undefined;
  return onBranchOf(spec, before).findLast(mayGoOnFrom) ?? (first && hadAgent(first) ? first : undefined);
}
