/** When a task goes on elsewhere than where its session is kept. Pure. */
import { HOME_WAIT_MS } from "../task/deadlines.ts";
import type { Task } from "../task/task.ts";

/** When a task that waits in its home's lane goes to that of its agent, Unix ms. While all is paused nobody takes it there. */
export function leavesHomeAt({ state }: Task, resumedAt = 0): number | undefined {
  if (state.name !== "queued" || state.lane?.host === undefined || state.lane.only) return undefined;
  return Math.max(state.since, resumedAt) + HOME_WAIT_MS;
}
