/** When a task's time runs out, as data: who ends it then and who tells of it beforehand must not disagree. Times are Unix ms. */
import { z } from "zod";
import type { Deadline } from "./outcome.ts";

/** A task that no host takes for so long ends, ms; a host that is not heard of for so long has lost its task. */
export const QUEUE_DEADLINE_MS = 24 * 3600_000;

/** So long a task waits for room in its budget, ms. */
export const BUDGET_WAIT_MS = 7 * 24 * 3600_000;

/** So long a task waits for the host that keeps its session, ms; after that any host may take it. */
export const HOME_WAIT_MS = 10 * 60_000;

/** What a host gives each part of a run, in minutes. */
export const runLimitsShape = z.looseObject({
  preparingMinutes: z.number(),
  setupMinutes: z.number(),
  firstOutputMinutes: z.number(),
  silenceMinutes: z.number(),
  totalMinutes: z.number(),
  verifyMinutes: z.number(),
  publishingMinutes: z.number(),
});

/** Those names only: what else a newer host states is none of this one's. */
export type RunLimits = Record<keyof typeof runLimitsShape.shape, number>;

/** `workedMs`: how long the agent has worked in earlier steps. `lastOutputAt` undefined = not a word yet. */
export type StepTimes = { workedMs: number; stepStartedAt: number; lastOutputAt: number | undefined };

/** Those of a run; the others are of a task that has none. */
export type RunDeadline = Exclude<Deadline, "waiting" | "queued">;

export type DueDeadline = { deadline: RunDeadline; at: number; afterMs: number };

const MINUTE_MS = 60_000;

export function deadlineFrom(deadline: RunDeadline, start: number, minutes: number): DueDeadline {
  return { deadline, at: start + minutes * MINUTE_MS, afterMs: minutes * MINUTE_MS };
}

/** The deadlines of a step, soonest first. */
export function deadlinesOf(kind: "setup" | "agent" | "verify", limits: RunLimits, times: StepTimes): DueDeadline[] {
  if (kind === "setup") return [deadlineFrom("setup", times.stepStartedAt, limits.setupMinutes)];
  if (kind === "verify") return [deadlineFrom("verifying", times.stepStartedAt, limits.verifyMinutes)];
  const quiet =
    times.lastOutputAt === undefined
      ? deadlineFrom("first_output", times.stepStartedAt, limits.firstOutputMinutes)
      : deadlineFrom("silence", times.lastOutputAt, limits.silenceMinutes);
  const total = deadlineFrom("total", times.stepStartedAt - times.workedMs, limits.totalMinutes);
  return [quiet, total].sort((one, other) => one.at - other.at);
}
