/** How long a task waits, whatever it waits for. A deadline stays for as long as the reason does. Pure. */
import { BUDGET_WAIT_MS } from "../task/deadlines.ts";
import type { Task } from "../task/task.ts";
import type { WaitingReason } from "../task/waiting.ts";

const HOUR_MS = 3600_000;
/** So long a task waits at most, ms. */
export const WAITS_AT_MOST = { task: 7 * 24 * HOUR_MS, agent: 24 * HOUR_MS, budget: BUDGET_WAIT_MS } as const;

/** With the deadline that it has had so far. `waiting`: what the task waits for by now. */
export const asBefore = (reason: WaitingReason, waiting: readonly WaitingReason[]): WaitingReason =>
  waiting.find(isSame(reason)) ?? reason;

type Others = { before: readonly Task[]; first?: Task | undefined };

/**
 * As `asBefore`. A task that waits itself has deadlines of its own, however long people let it wait: who
 * waits for it is given more time, in few steps.
 */
export function sinceBefore(
  reason: WaitingReason,
  waiting: readonly WaitingReason[],
  { before, first }: Others,
): WaitingReason {
  const known = waiting.find(isSame(reason));
  if (!known) return reason;
  const leader =
    reason.for === "task" && [...before, ...(first ? [first] : [])].find(({ spec }) => spec.id === reason.task);
  return leader && leader.state.name === "waiting" && reason.until - known.until > WAITS_AT_MOST.task / 2
    ? reason
    : known;
}

const isSame = (reason: WaitingReason) => (other: WaitingReason) =>
  JSON.stringify({ ...other, until: 0 }) === JSON.stringify({ ...reason, until: 0 });
