/** What a task that is over, or a pull request that was merged, adds to the counters. Pure. */
import { countableUse } from "../history/countable-use.ts";
import { kindOf, pastOf } from "../history/past.ts";
import { timesOf } from "../history/times.ts";
import type { Closed } from "../task/history-news.ts";
import { PHASES, type Task, type TaskRun } from "../task/task.ts";
import type { TaskEvent } from "../task/timeline.ts";
import { bare } from "../text/quote.ts";
import type { Sample } from "./names.ts";

const NAME = 80;

/** Nothing while the task is not over. */
export function countsOf(task: Task, events: readonly TaskEvent[]): Sample[] {
  const past = pastOf(task, events);
  if (!past) return [];
  const { agent, model, outcome, runs, restarts } = past;
  const { queuedMs, phases } = timesOf(events, past.settledAt);
  const sum = (of: (run: (typeof runs)[number]) => number | undefined) =>
    runs.reduce((total, run) => total + (of(run) ?? 0), 0);
  const recovered = {
    host_restart: restarts,
    lock_lost: runs.filter(({ end }) => end === "lost").length,
    taken_up: runs.filter(({ start }) => start === "taken up").length,
  };
  const all: Sample[] = [
    ...PHASES.flatMap((phase) => duration(phases[phase], { agent, outcome, phase })),
    ...(queuedMs === undefined
      ? []
      : [{ name: "orch_queue_wait_seconds" as const, labels: { agent }, value: queuedMs / 1_000 }]),
    { name: "cicd_system_errors_total", labels: { component: "host" }, value: outcome === "host_error" ? 1 : 0 },
    ...Object.entries(recovered).map(([what, value]) => ({
      name: "orch_recoveries_total" as const,
      labels: { what },
      value,
    })),
    { name: "orch_tokens_total", labels: { agent, model, type: "input" }, value: sum((run) => run.inputTokens) },
    { name: "orch_tokens_total", labels: { agent, model, type: "output" }, value: sum((run) => run.outputTokens) },
    { name: "orch_cost_usd_total", labels: { agent, model }, value: sum((run) => run.costUsd) },
    ...task.runs.flatMap(useOf),
  ];
  return all;
}

function useOf({ host, progress }: TaskRun): Sample[] {
  const { peakRssBytes, cpuSeconds } = countableUse(progress);
  return [
    ...(peakRssBytes === undefined
      ? []
      : [{ name: "orch_run_rss_bytes" as const, labels: { host }, value: peakRssBytes }]),
    ...(cpuSeconds === undefined
      ? []
      : [{ name: "orch_run_cpu_seconds_total" as const, labels: { host }, value: cpuSeconds }]),
  ];
}

const duration = (ms: number | undefined, labels: Sample["labels"]): Sample[] =>
  ms === undefined ? [] : [{ name: "cicd_pipeline_run_duration_seconds", labels, value: ms / 1_000 }];

/** Of the task that opened it; others that worked on its branch say nothing of it. */
export function mergeOf({ spec, agent = "" }: Task, closed: Closed | undefined): Sample[] {
  if (!closed?.merged || spec.target.kind !== "issue") return [];
  const value = Math.max(0, closed.at - closed.openedAt) / 1_000;
  return [
    { name: "vcs_change_time_to_merge_seconds", labels: { agent: bare(agent, NAME), kind: kindOf(spec) }, value },
  ];
}
