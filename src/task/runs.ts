/**
 * The runs in a task's record: what each had to show stays when the next one begins. Bounded in number, and in what of an
 * agent's words is kept of those that are over.
 */
import { isDeepStrictEqual } from "node:util";
import type { Checkpoint } from "./checkpoint.ts";
import type { Outcome } from "./outcome.ts";
import type { Progress } from "./progress.ts";
import type { Task, TaskRun } from "./task.ts";

/** The first and the latest ones; a task with more has been taken up again and again by hosts that kept dying. */
export const MAX_RUNS = 5;

export const current = ({ runs }: Pick<Task, "runs">): TaskRun | undefined => runs.at(-1);

/** What is not known yet does not erase what is. */
export function withProgress(task: Task, progress: Progress = {}): Task {
  const run = current(task);
  if (!run) return task;
  const known = Object.fromEntries(Object.entries(progress).filter(([, value]) => value !== undefined));
  return { ...task, runs: [...task.runs.slice(0, -1), { ...run, progress: { ...run.progress, ...known } }] };
}

/** Undefined when the run is not known, or has that already. */
export function withCheckpoint(task: Task, number: number, checkpoint: Checkpoint): Task | undefined {
  const run = task.runs.find((each) => each.number === number);
  if (!run || isDeepStrictEqual(run.checkpoint, checkpoint)) return undefined;
  return { ...task, runs: task.runs.map((each) => (each === run ? { ...run, checkpoint } : each)) };
}

/** Undefined when the run had none, or is not known. */
export function withoutHome(task: Task, number: number): Task | undefined {
  const run = task.runs.find((each) => each.number === number);
  if (run?.progress.home === undefined) return undefined;
  const { home: _, ...progress } = run.progress;
  return { ...task, runs: task.runs.map((each) => (each === run ? { ...run, progress } : each)) };
}

type Begun = Pick<TaskRun, "number" | "host" | "startedAt">;

/** `same`: the host goes on with the run that it has, under a new number. */
export function nextRun(runs: readonly TaskRun[], begun: Begun, { same }: { same: boolean }): TaskRun[] {
  const last = runs.at(-1);
  if (same && last) return [...runs.slice(0, -1), { ...last, number: begun.number }];
  const before = last && last.endedAt === undefined ? [...runs.slice(0, -1), lost(last, begun.startedAt)] : [...runs];
  const all = [...before, { ...begun, progress: {} }];
  return all.length <= MAX_RUNS ? all : [...all.slice(0, 1), ...all.slice(1 - MAX_RUNS)];
}

function lost(run: TaskRun, at: number): TaskRun {
  return { ...run, endedAt: at, end: "lost", progress: withoutSummary(withoutWords(run.progress)) };
}

/** What the outcome says itself is not said twice. */
export function endLast(runs: readonly TaskRun[], outcome: Outcome, at: number): TaskRun[] {
  const last = runs.at(-1);
  if (!last) return [];
  const words = "lastLines" in outcome || "lastWords" in outcome ? withoutWords(last.progress) : last.progress;
  return [...runs.slice(0, -1), { ...last, endedAt: at, end: outcome.kind, progress: withoutCheckOutput(words) }];
}

/** Its words stay: the next run goes on from there. */
export function endParked(runs: readonly TaskRun[], end: "limited" | "parked", at: number): TaskRun[] {
  const last = runs.at(-1);
  return last ? [...runs.slice(0, -1), { ...last, endedAt: at, end }] : [];
}

/** The run that its task goes on with when it waits no more; undefined when the last one was not parked. */
export function parkedRun({ runs }: Pick<Task, "runs">): TaskRun | undefined {
  const last = runs.at(-1);
  return last && isParked(last) ? last : undefined;
}

export const isParked = ({ end }: TaskRun): boolean => end === "limited" || end === "parked";

function withoutWords({ lastLines: _, ...progress }: Progress): Progress {
  return withoutCheckOutput(progress);
}

function withoutSummary({ summary: _, finish: __, ...progress }: Progress): Progress {
  return progress;
}

/** How a check went is kept; what it printed is in the outcome where it failed. */
function withoutCheckOutput(progress: Progress): Progress {
  const { verification } = progress;
  return verification ? { ...progress, verification: { ...verification, outputTail: "" } } : progress;
}
