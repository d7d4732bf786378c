/** How long it takes to put aside what an agent has made so far, while it works. */
import { setTimeout as delay } from "node:timers/promises";
import { readCheckpoint } from "../workers/checkpoints/checkpoint-store.ts";
import type { Benchmark, Options, Report } from "./bench.ts";
import { median, quantile, round } from "./statistics.ts";
import { type System, startSystem } from "./system/system.ts";

const FILES = 10_000;
const CHANGED = 20;
const EVERY_S = 3;
/** Changes other lines of the same files all the time, as an agent at work does. */
const AGENT = `
cat >/dev/null
files=$(git ls-files | head -n ${CHANGED})
while :; do for file in $files; do date +%N >>"$file"; done; sleep 1; done`;

export const checkpoint: Benchmark = {
  name: "checkpoint",
  title: "putting aside what an agent has made so far",
  rounds: 10,
  run: measure,
};

async function measure({ rounds, say }: Options): Promise<Report> {
  const limits = { checkpointMinutes: EVERY_S / 60 };
  const system = await startSystem({ agent: ["/bin/sh", "-c", AGENT], slots: 1, limits });
  try {
    const repository = await system.github.create({ name: "large", files: FILES });
    const { taskId } = await system.command(repository);
    const first = await next(system, taskId, 0);
    const later: number[] = [];
    for (let last = first; later.length < rounds; ) {
      say(`checkpoint ${later.length + 1} of ${rounds}`);
      last = await next(system, taskId, last.takenAt);
      later.push(last.tookMs);
    }
    return report(first.tookMs, later);
  } finally {
    await system.stop();
  }
}

async function next({ dataDir }: System, taskId: string, after: number) {
  for (;;) {
    const taken = readCheckpoint(dataDir, taskId);
    if (taken && taken.takenAt > after) return taken;
    await delay(50);
  }
}

function report(first: number, later: readonly number[]): Report {
  return {
    counted: [
      `A repository of ${FILES} files; its agent changes ${CHANGED} of them all the time. A checkpoint every ${EVERY_S} s, ${later.length} after the first.`,
      "From the start of the program in the sandbox that makes one commit of everything, until its objects are fetched, checked and counted. The agent's index and refs are not touched, and it is not stopped.",
    ],
    tables: [
      {
        title: "milliseconds",
        rows: [
          ["", "p50", "p90", "max"],
          ["the first", round(first), "", ""],
          ["later ones", round(median(later)), round(quantile(later, 0.9)), round(Math.max(...later))],
        ],
      },
    ],
    figures: [
      { name: "the first", value: first, unit: "ms", goal: { atMost: 300 } },
      { name: "later ones: p50", value: median(later), unit: "ms", goal: { atMost: 300 } },
    ],
  };
}
