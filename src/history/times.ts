/** How long a task waited for a slot, and how long its runs were in each phase, read from its timeline. Pure. */
import { PHASES, type Phase } from "../task/task.ts";
import type { TaskEvent } from "../task/timeline.ts";

/** `queuedMs`: from when it could start until its first run began; unknown of one that never did. */
export type Times = { queuedMs?: number; phases: { [phase in Phase]?: number } };

/** A timeline is bounded: of a task to which very much happened, what is missing in it counts to the phase before. */
export function timesOf(events: readonly TaskEvent[], settledAt: number): Times {
  const times: Times = { phases: {} };
  let queuedAt: number | undefined;
  let inPhase: { phase: Phase; since: number } | undefined;
  const end = (at: number) => {
    if (inPhase) times.phases[inPhase.phase] = (times.phases[inPhase.phase] ?? 0) + Math.max(0, at - inPhase.since);
    inPhase = undefined;
  };
  for (const { what, at, detail } of events) {
    if (what === "queued" || what === "ready") queuedAt ??= at;
    const phase = what === "claimed" ? "preparing" : what === "phase" ? phaseIn(detail) : undefined;
    if (phase || what === "parked") end(at);
    if (phase) inPhase = { phase, since: at };
    if (what === "claimed" && queuedAt !== undefined) times.queuedMs ??= Math.max(0, at - queuedAt);
  }
  end(settledAt);
  return times;
}

const phaseIn = ({ phase }: TaskEvent["detail"]): Phase | undefined => PHASES.find((each) => each === phase);
