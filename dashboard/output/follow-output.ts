/**
 * Follows what a task's programs print, from a place in it or from the last of it, over steps and runs, until the task is over. What is
 * published is taken where it goes on from what was given before; anything else, a message that was lost among it, has the rest asked for.
 * So nothing is given twice, and what is left out is said.
 */
import { setTimeout as delay } from "node:timers/promises";
import { MAX_PIECE, type Piece, type Position } from "../../src/task/output.ts";
import type { Task } from "../../src/task/task.ts";
import type { LiveNews, LiveOutput } from "./live-output.ts";
import type { ReadOutput } from "./read-output.ts";

export type Printed = { run: number; step: string; from: number; to: number; text: string };

export type OutputNews =
  | { kind: "text"; printed: Printed }
  /** What comes next does not follow what was given before: it begins here. */
  | { kind: "gap"; at: Position }
  /** The steps of a run, whenever there is a new one. */
  | { kind: "steps"; run: number; steps: string[] }
  /** The host of the run does not answer now. */
  | { kind: "silent" }
  | { kind: "over" };

export type Following = {
  task: Task;
  /** None: the latest, and each that comes after it. */
  run?: number | undefined;
  /** After which it goes on; none: the last of what there is. */
  position?: Position | undefined;
  /** After so long without a word its host is asked whether it is there, ms. */
  quietMs?: number;
  signal: AbortSignal;
};

/** Whoever is further behind goes on at the end. */
const FAR = 4 * MAX_PIECE;
/** News that wait for whoever follows; with more, what is missing is asked for when it comes to that. */
const MAX_WAITING = 64;
const ASK_AGAIN_MS = 2_000;
/** A host that shows a run has said something by then: it is reminded of its viewers more often (`live-output.ts`). Another one is asked. */
const QUIET_MS = 12_000;

type Parts = { live: LiveOutput; read: ReadOutput };

/** Ends with `over`, or when the signal says so. */
export async function* followOutput({ live, read }: Parts, following: Following): AsyncGenerator<OutputNews, void> {
  const { run: only, signal, quietMs = QUIET_MS } = following;
  const news = makeWaiting(signal);
  const end = await live.watch(following.task.spec.id, news.put);
  const reader = makeCatchUp(read, following.position);
  let { task } = following;
  let isBehind = true;
  try {
    while (!signal.aborted) {
      const run = only ?? task.epoch;
      let isSilent = false;
      if (isBehind && run > 0) {
        isBehind = false;
        isSilent = yield* reader.catchUp(task, run);
        if (isSilent) yield { kind: "silent" };
      }
      if (isOver(task, only)) return yield { kind: "over" };
      const isRunning = task.state.name === "running" && task.epoch === run;
      const next = await news.next(isSilent ? ASK_AGAIN_MS : isRunning ? quietMs : undefined);
      if (next === undefined || next.kind === "again") isBehind = true;
      else if (next.kind === "task") {
        if (next.task === undefined) return yield { kind: "over" };
        isBehind = (only ?? next.task.epoch) !== run || isOver(next.task, only);
        task = next.task;
      } else if (next.chunk.epoch === run) {
        const taken = reader.take({ ...next.chunk, run });
        if (taken === "behind") isBehind = true;
        else if (taken) yield { kind: "text", printed: taken };
      }
    }
  } finally {
    end();
  }
}

const isOver = ({ state, epoch }: Task, only: number | undefined): boolean =>
  state.name === "settled" || (only !== undefined && epoch > only);

/** Holds what comes faster than it is taken, up to a bound: beyond it stands that something was missed. */
function makeWaiting(signal: AbortSignal) {
  let waiting: LiveNews[] = [];
  let arrived = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => arrived.resolve(), { once: true });
  return {
    put(news: LiveNews): void {
      if (waiting.length >= MAX_WAITING)
        waiting = [...waiting.filter(({ kind }) => kind === "task").slice(-1), { kind: "again" }];
      waiting.push(news);
      arrived.resolve();
    },
    /** Undefined: nothing came in time. */
    async next(withinMs: number | undefined): Promise<LiveNews | undefined> {
      if (waiting.length === 0 && !signal.aborted) {
        arrived = Promise.withResolvers();
        const enough = new AbortController();
        const late =
          withinMs === undefined ? [] : [delay(withinMs, undefined, { signal: enough.signal }).catch(() => undefined)];
        await Promise.race([arrived.promise, ...late]);
        enough.abort();
      }
      return waiting.shift();
    },
  };
}

function makeCatchUp(read: ReadOutput, position: Position | undefined) {
  let at = position;
  let names = "";
  let isFirst = position === undefined;

  /** Reads on until there is no more. True when the host does not answer. */
  async function* catchUp(task: Task, run: number): AsyncGenerator<OutputNews, boolean> {
    if (at && at.run !== run) at = undefined;
    for (;;) {
      const asked = at;
      const found = await read(task, { run, step: asked?.step, from: asked?.offset, bytes: MAX_PIECE });
      if (found === "silent") {
        names = ""; // what comes of it at last is told in any case
        return true;
      }
      if (found === "none") {
        if (!asked) return false;
        at = undefined; // its steps have begun anew
        continue;
      }
      yield* newSteps(run, found);
      if (asked && sizeOf(found) - asked.offset > FAR) {
        at = undefined;
        continue;
      }
      const begins = { run, step: found.step, offset: found.from };
      if (asked ? found.from !== asked.offset : !isFirst) yield { kind: "gap", at: begins };
      isFirst = false;
      at = { ...begins, offset: found.to };
      const { steps: _, ...printed } = found;
      if (printed.text !== "") yield { kind: "text", printed: { run, ...printed } };
      if (printed.text !== "" && found.to < sizeOf(found)) continue;
      const next = found.steps[found.steps.findIndex(({ name }) => name === found.step) + 1];
      if (!next) return false;
      at = { run, step: next.name, offset: 0 };
    }
  }

  function* newSteps(run: number, { steps }: Piece): Generator<OutputNews> {
    const all = steps.map(({ name }) => name);
    const now = `${run} ${all.join(" ")}`;
    if (now === names) return;
    names = now;
    yield { kind: "steps", run, steps: all };
  }

  /** What was published, where it goes on from here; `behind`: something is missing. */
  function take(chunk: Printed): Printed | "behind" | undefined {
    if (!at || chunk.run !== at.run || chunk.step !== at.step) return "behind";
    if (chunk.from === at.offset) {
      at = { ...at, offset: chunk.to };
      return chunk.text === "" ? undefined : chunk;
    }
    const saysHowFar = chunk.from === chunk.to;
    return chunk.to <= at.offset && !saysHowFar ? undefined : "behind";
  }

  return { catchUp, take };
}

const sizeOf = ({ steps, step }: Piece): number => steps.find(({ name }) => name === step)?.size ?? 0;
