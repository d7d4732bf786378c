/**
 * One step of a run, from its start (or its adoption) to its end. The endings compete in one race: the program ends, a
 * deadline is missed, too much is written, or the run is interrupted; the first wins, and then the program is gone.
 */
import { statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { StepTimes } from "../../../src/task/deadlines.ts";
import type { OverLimit } from "../../../src/task/in-force.ts";
import type { Verdict } from "../../agents/adapter.ts";
import type { UseWatch } from "../../limits/watch-use.ts";
import type { Limits } from "../../operator-limits.ts";
import { processorTime } from "../../sandbox/processes.ts";
import type { RunningStep, StepEnd } from "../../tmux/sessions.ts";
import type { Interruption } from "../interruption.ts";
import { type Missed, watchDeadlines } from "./deadlines.ts";
import { followFile } from "./follow-file.ts";
import { type HeardOutput, type HearOptions, hearOutput } from "./hear-output.ts";
import { lastOutputIn, outputsOf } from "./last-output.ts";
import type { StepRecord } from "./step-record.ts";
import type { Stalled } from "./watch-circles.ts";
import { tooLarge, watchSize } from "./watch-size.ts";

/** Far above what any honest agent says; a flood beyond it is stopped before it fills the disk. */
const MAX_OUTPUT_BYTES = 200 * 1024 * 1024;
export const STOP_GRACE_MS = 10_000;
/** What is still unread of a program that was stopped may be more than anybody can wait for. */
const LAST_WORDS_BYTES = 1024 * 1024;
/** How often the output is looked at although the kernel reported nothing. */
const POKE_MS = 60_000;

export type StepOptions = HearOptions & {
  step: StepRecord;
  limits: Limits;
  /** How long the run's agent has worked in earlier steps, ms. */
  workedMs: number;
  running: RunningStep;
  interrupted: Promise<Interruption>;
  /** Resolves when the agent's turn is to be ended, as it only waits. */
  turnOver?: Promise<void>;
  /** What the step's programs use of the machine. */
  use?: Pick<UseWatch, "over" | "reached" | "stop"> | undefined;
  /** Called when that is more than they may, before they are stopped. */
  onOver?(over: OverLimit): void;
  /** Called when the program is to be stopped because it goes round in circles; without it that is only told. */
  onStalled?(stalled: Stalled): void;
  /** What else it writes that may not grow without end. */
  besides?: string | undefined;
  /** Resolves when what the run may use is used up. */
  spent?: Promise<void> | undefined;
  /** Called then, before the program is stopped. */
  onSpent?(): void;
  /** Called when a deadline is missed, before the program is stopped. */
  onMissed(missed: Missed): void;
  /** Called before the program is stopped because its turn is over. */
  onTurnOver?(): void;
};

export type StepResult =
  | { kind: "ended"; exitCode: number; verdict: Verdict; outputTail: string }
  | { kind: "lost" }
  | { kind: "missed"; missed: Missed }
  | { kind: "turn ended" }
  | { kind: "flooded" }
  | { kind: "over limit"; over: OverLimit }
  | { kind: "spent" }
  | { kind: "interrupted"; interruption: Interruption };

/** `not begun`: it was held, and its host went away before it let it go. */
export async function runStep(options: StepOptions): Promise<StepResult | { kind: "not begun" }> {
  const { running, dir } = options;
  const heard = hearOutput(options);
  const deadlines = watchDeadlines(
    options.step.kind,
    options.limits,
    () => readTimes(options, dir),
    // Without a wrapper nothing has begun; 0 would be the root of all that runs on the machine.
    () => (running.pid > 0 ? processorTime(running.pid) : 0),
    Date.now,
  );
  const output = await followFile(join(dir, "stdout"), (chunk) => {
    heard.chunk(chunk);
    deadlines.spoke();
  });
  const written = [...outputsOf(dir), ...(options.besides === undefined ? [] : [options.besides])];
  const over = new AbortController();
  const ending = Promise.race([
    running.ended.then((end) => ({ kind: "end" as const, end })),
    deadlines.missed.then((missed) => ({ kind: "missed" as const, missed })),
    options.interrupted.then((interruption) => ({ kind: "interrupted" as const, interruption })),
    ...(options.turnOver ? [options.turnOver.then(() => ({ kind: "turn ended" as const }))] : []),
    // After the end: who came out of it, and is done, has done its work.
    ...(options.onStalled
      ? [heard.stalled.then((interruption) => ({ kind: "interrupted" as const, interruption }))]
      : []),
    ...written.map(async (path) => {
      await watchSize(path, MAX_OUTPUT_BYTES, over.signal);
      return { kind: "flooded" as const };
    }),
    ...(options.use ? [options.use.over.then((over) => ({ kind: "over limit" as const, over }))] : []),
    ...(options.spent ? [options.spent.then(() => ({ kind: "spent" as const }))] : []),
    keepPoking(output, over.signal),
  ]);
  try {
    const first = await ending;
    if (first.kind === "end") {
      // Whoever floods and is gone at once has flooded all the same.
      if (written.some((path) => tooLarge(path, MAX_OUTPUT_BYTES))) return { kind: "flooded" };
      await output.close();
      const result = await concluded(first.end, heard);
      // What the kernel has ended says nothing of the limit; a program that ended well in spite of it has done its work.
      const over = result.kind === "ended" && result.exitCode !== 0 ? options.use?.reached() : undefined;
      if (over) options.onOver?.(over);
      return over ? { kind: "over limit", over } : result;
    }
    if (first.kind === "missed") options.onMissed(first.missed);
    if (first.kind === "turn ended") options.onTurnOver?.();
    if (first.kind === "interrupted" && first.interruption.kind === "stalled") options.onStalled?.(first.interruption);
    if (first.kind === "spent") options.onSpent?.();
    if (first.kind === "over limit") options.onOver?.(first.over);
    // Who was held back hears the word to end.
    options.use?.stop();
    // A restart of the host leaves the program running; its next life adopts it.
    if (first.kind === "interrupted" && first.interruption.kind === "handover") {
      await output.stop();
      running.detach();
      return first;
    }
    const fills = fillsDisk(first);
    if (fills) await output.stop();
    await running.stop(fills || first.kind === "over limit" ? 0 : STOP_GRACE_MS);
    if (fills) return first;
    // Its last words may say what it has used, and why it came to nothing.
    const unread = statSync(join(dir, "stdout")).size - output.bytes();
    if (unread <= LAST_WORDS_BYTES) await output.close();
    else await output.stop();
    const cause = await heard.cause();
    return first.kind === "missed" ? { ...first, missed: { ...first.missed, ...(cause && { cause }) } } : first;
  } finally {
    over.abort();
    options.use?.stop();
    deadlines.stop();
    await output.stop();
    await heard.close();
  }
}

/** Every moment of grace makes it worse. */
const fillsDisk = (first: { kind: string; interruption?: Interruption }): boolean =>
  first.kind === "flooded" || first.interruption?.kind === "disk";

async function concluded(end: StepEnd, heard: HeardOutput): Promise<StepResult | { kind: "not begun" }> {
  if ("lost" in end) return { kind: "lost" };
  if ("begun" in end) return { kind: "not begun" };
  return { kind: "ended", exitCode: end.exitCode, ...(await heard.end(end.exitCode)) };
}

/** The times that deadlines are measured from: those of the files, which no restart changes. */
async function readTimes(options: StepOptions, dir: string): Promise<StepTimes> {
  const lastOutputAt = lastOutputIn(dir);
  return { workedMs: options.workedMs, stepStartedAt: options.step.startedAt, lastOutputAt };
}

/** Never wins the race; loses it when the output cannot be read. */
async function keepPoking(output: { poke(): Promise<void> }, signal: AbortSignal): Promise<never> {
  while (!signal.aborted) {
    await output.poke();
    await delay(POKE_MS, undefined, { signal, ref: false }).catch(() => undefined);
  }
  return new Promise(() => undefined);
}
