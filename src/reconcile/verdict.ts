/**
 * What the sweep makes of one task that is not over. Pure. A task belongs to whoever works on it; the bot steps in only
 * where nobody is left to bring news: no job, no host, no time.
 */
import { QUEUE_DEADLINE_MS } from "../task/deadlines.ts";
import { LOST_AFTER_MS } from "../task/heartbeat.ts";
import type { HostView } from "../task/hosts.ts";
import { isQuarantined } from "../task/next-state.ts";
import type { Outcome } from "../task/outcome.ts";
import type { Paused } from "../task/pause.ts";
import { LOCK_MS } from "../task/queue.ts";
import type { Pushed, Task } from "../task/task.ts";

/** A branch that has no pull request for so long after it was to be pushed gets none, ms. */
export const PULL_REQUEST_DEADLINE_MS = 24 * 3600_000;
/** By then a host that is gone has lost every lock, ms. */
const GONE_AFTER_MS = LOST_AFTER_MS + LOCK_MS;
/** Whoever has just written the record may be about to add the job, ms. */
const SETTLING_MS = 10_000;

export type Verdict =
  | { kind: "leave" }
  /** There ought to be a job: add it if it is missing. */
  | { kind: "needs_job" }
  /** Somebody ought to look whether it may start: have it looked at if nobody does. */
  | { kind: "needs_dispatch" }
  /** The report ought to look at it again, some time: have it do so if it forgot. */
  | { kind: "needs_report" }
  | { kind: "give_up"; outcome: Outcome };

export type Known = { now: number; hosts: readonly HostView[]; paused?: Paused };

export function judge(task: Task, { now, hosts, paused = {} }: Known): Verdict {
  const { state } = task;
  switch (state.name) {
    case "settled":
      return { kind: "leave" };
    case "waiting":
      return { kind: "needs_dispatch" };
    case "queued": {
      const age = now - Math.max(state.since, paused.resumedAt ?? 0);
      if (age >= QUEUE_DEADLINE_MS && !paused.pause)
        return { kind: "give_up", outcome: { kind: "timed_out", deadline: "queued", afterMs: age, lastLines: "" } };
      return age >= SETTLING_MS ? { kind: "needs_job" } : { kind: "leave" };
    }
    case "running": {
      if (task.pushed) return judgePushed(task.pushed, now - state.phaseSince);
      if (isQuarantined(task)) return { kind: "give_up", outcome: quarantined(task) };
      // A host that said goodbye is not known any more; then the run's own beginning is the last we know.
      const heardAt = Math.max(hosts.find((host) => host.id === state.host)?.lastBeat ?? 0, state.phaseSince);
      const silence = now - heardAt;
      if (silence < GONE_AFTER_MS) return now - state.since < SETTLING_MS ? { kind: "leave" } : { kind: "needs_job" };
      if (task.cancel) return { kind: "give_up", outcome: { kind: "cancelled", reason: task.cancel } };
      if (silence < QUEUE_DEADLINE_MS) return { kind: "needs_job" };
      const message = "The worker host has been silent for a day, and no other host took the task over.";
      return { kind: "give_up", outcome: { kind: "host_error", message } };
    }
  }
}

function quarantined({ cancel, crashes }: Task): Outcome {
  if (cancel) return { kind: "cancelled", reason: cancel };
  const message = `The worker host died ${crashes.length} times within ten minutes while it worked on this task, so the task is quarantined.`;
  return { kind: "host_error", message };
}

/** The branch is on GitHub: the rest is the report's, which repeats itself; but not for ever. */
function judgePushed({ branch }: Pushed, age: number): Verdict {
  if (age < PULL_REQUEST_DEADLINE_MS) return age < SETTLING_MS ? { kind: "leave" } : { kind: "needs_report" };
  const reason = `The work is on the branch ${branch}, but no pull request could be opened for it within a day.`;
  return { kind: "give_up", outcome: { kind: "refused", reason } };
}
