/** Which of a run's deadlines comes next, by what its host gives it and by what Redis knows of its times. Unix ms. */
import { type DueDeadline, deadlineFrom, deadlinesOf, type RunLimits } from "../task/deadlines.ts";
import type { HostView } from "../task/hosts.ts";
import { roleNameOf } from "../task/role-name.ts";
import type { Task, TaskState } from "../task/task.ts";
import type { TaskSpec } from "../task/task-spec.ts";

export type NextDeadline = Pick<DueDeadline, "deadline" | "at">;

type Running = Extract<TaskState, { name: "running" }>;

/** What its host gives a run of the task, whose role may have less time; undefined of a host that does not say. */
export function limitsOn(
  { limits, roles = {} }: Pick<HostView, "limits" | "roles">,
  spec: Pick<TaskSpec, "role" | "team">,
): RunLimits | undefined {
  const { totalMinutes } = roles[roleNameOf(spec) ?? ""] ?? {};
  if (!limits || totalMinutes === undefined) return limits;
  return { ...limits, totalMinutes: Math.min(limits.totalMinutes, totalMinutes) };
}

/**
 * Undefined when none is known: the branch is on GitHub, or the setup command runs, of which nobody tells when it began. The
 * host's own clocks decide; this is what they come to.
 */
export function nextDeadline(
  task: Task,
  { phase, phaseSince }: Running,
  limits: RunLimits,
  lastOutputAt: number | undefined,
): NextDeadline | undefined {
  if (task.pushed) return undefined;
  const run = task.runs.at(-1);
  // Who works is told when the workspace stands.
  const isSetUp = phase === "preparing" && run?.progress.agent !== undefined;
  // Before the first word the last output counts from the step's own beginning.
  const spoke = run?.progress.lastLines !== undefined || (lastOutputAt ?? 0) > phaseSince;
  const times = {
    workedMs: run?.progress.workedMs ?? 0,
    stepStartedAt: phaseSince,
    lastOutputAt: spoke ? lastOutputAt : undefined,
  };
  const next = {
    preparing: () => (isSetUp ? undefined : deadlineFrom("preparing", phaseSince, limits.preparingMinutes)),
    working: () => deadlinesOf("agent", limits, times)[0],
    verifying: () => deadlinesOf("verify", limits, times)[0],
    publishing: () => deadlineFrom("publishing", phaseSince, limits.publishingMinutes),
  }[phase]();
  return next && { deadline: next.deadline, at: next.at };
}
