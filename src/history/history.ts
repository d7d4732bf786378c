/**
 * A history as the bot has it: in a thread that is there while something is to be done, and for some seconds more. What it costs in
 * memory is so paid only then.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { ArmCounts } from "./arms.ts";
import type { Writing } from "./history-file.ts";
import { readPlace } from "./read-history.ts";
import type { Stats, StatsQuery } from "./stats.ts";
import type { Answered, Asked } from "./thread.ts";

export type History = ReturnType<typeof makeHistory>;

const IDLE_MS = 10_000;
/** Far more than some hundred tasks take; without it a thread takes what a whole program would. */
const LIMITS = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 96 };
/** The source while developing, the built file where Orch was built: this file's own ending tells which. */
const THREAD = fileURLToPath(new URL(`./thread.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url));

type Wanted = Asked extends infer Each ? (Each extends Asked ? Omit<Each, "nth"> : never) : never;
type Open = { worker: Worker; waiting: Map<number, PromiseWithResolvers<unknown>>; ended: Promise<void> };

/** Every method throws what the thread throws, also when the file cannot be had. */
export function makeHistory(path: string, idleMs = IDLE_MS) {
  let open: Open | undefined;
  let nth = 0;
  let idle: NodeJS.Timeout | undefined;

  function start(): Open {
    // Nothing of the bot's settings is of use there, and its key least of all.
    const worker = new Worker(THREAD, { workerData: { path }, env: {}, resourceLimits: LIMITS });
    const waiting: Open["waiting"] = new Map();
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    let failure = new Error("the history's thread has ended");
    worker.on("message", (said: Answered) => {
      const asker = waiting.get(said.nth);
      waiting.delete(said.nth);
      if ("error" in said) asker?.reject(new Error(said.error));
      else asker?.resolve(said.answer);
    });
    worker.on("error", (error: Error) => {
      failure = error;
    });
    worker.on("exit", () => {
      if (open?.worker === worker) open = undefined;
      for (const asker of waiting.values()) asker.reject(failure);
      resolve();
    });
    worker.unref();
    return { worker, waiting, ended };
  }

  async function ask(wanted: Wanted): Promise<unknown> {
    clearTimeout(idle);
    open ??= start();
    const { worker, waiting } = open;
    worker.ref(); // no program ends while something is being written
    const asker = Promise.withResolvers<unknown>();
    nth += 1;
    waiting.set(nth, asker);
    worker.postMessage({ ...wanted, nth });
    return await asker.promise.finally(() => {
      if (waiting.size === 0) worker.unref();
      clearTimeout(idle);
      idle = setTimeout(close, idleMs).unref();
    });
  }

  /** Writes what is under way; the next call opens it again. */
  async function close(): Promise<void> {
    clearTimeout(idle);
    const was = open;
    open = undefined;
    was?.worker.ref();
    was?.worker.postMessage({ what: "close", nth: 0 } satisfies Asked);
    await was?.ended;
  }

  return {
    /** Nobody has written any yet. */
    isNew: () => !existsSync(path),
    /** Undefined: it has to be made from the records first. A bot that finds nothing to write needs no thread for that. */
    place: async () => readPlace(path) ?? ((await ask({ what: "place" })) as string | undefined),
    write: async (writing: Writing) => (await ask({ what: "write", writing })) as boolean,
    /** All records were written: it goes up to there. */
    rebuilt: async (place: string) => void (await ask({ what: "rebuilt", place })),
    /** What is known of agents' work. */
    arms: async (now: number) => (await ask({ what: "arms", now })) as ArmCounts[],
    trim: async (now: number) => (await ask({ what: "trim", now })) as number,
    stats: async (query: StatsQuery) => (await ask({ what: "stats", query })) as Stats,
    /** The end of what a run printed, as far as it is kept. */
    output: async (task: string, epoch: number) =>
      (await ask({ what: "output", task, epoch })) as Uint8Array | undefined,
    close,
  };
}
