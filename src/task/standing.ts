/**
 * What a task's record says of one run of it. Only a record that says so itself ends a run: the task is settled, or another
 * run has it. A record that is in doubt, or that is older than the run, says nothing: then nothing new is begun, nothing is
 * ended and nothing removed, until the record is known again.
 */
import type { Doubt, Reading } from "./record.ts";
import type { Task } from "./task.ts";

/** `older`: the record knows nothing of the run yet, as after Redis was restored from a backup. */
export type RunDoubt = Doubt | "older";

export type Standing =
  /** The run is the task's current one, on this host. */
  | "own"
  | "over"
  /** Another run has the task, elsewhere or under a higher epoch. */
  | "superseded"
  | RunDoubt;

export function standingOf(reading: Reading<Task>, run: { host: string; epoch: number }): Standing {
  if (reading.kind !== "known") return reading.kind;
  const { state, epoch } = reading.record;
  if (state.name === "settled") return "over";
  if (epoch < run.epoch) return "older";
  return state.name === "running" && epoch === run.epoch && state.host === run.host ? "own" : "superseded";
}

/** The record says itself that the run has no right to go on. */
export function isEnded(standing: Standing): standing is "over" | "superseded" {
  return standing === "over" || standing === "superseded";
}

export function isDoubt(standing: Standing): standing is RunDoubt {
  return standing !== "own" && !isEnded(standing);
}
