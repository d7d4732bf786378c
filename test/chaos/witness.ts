/**
 * Sees how often agents begin, by their own words and not by what Orch says of them. It has to look again and again: a run's folder is
 * gone soon after its work is published.
 */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

export type Witness = {
  look(): void;
  /** Runs whose agent was seen. */
  seen(): number;
  /** Of a task, in words. */
  startedTwice(taskId: string): string[];
};

export function makeWitness(dir: string): Witness {
  /** By the run, which is a task in one epoch. */
  const starts = new Map<string, number>();
  return {
    look() {
      const runs = join(dir, "data/host/runs");
      for (const file of globSync("*/agent-1/stdout", { cwd: runs })) {
        const run = file.split("/")[0] ?? "";
        const begun = textOf(join(runs, file)).match(/^I begin$/gm)?.length ?? 0;
        if (begun > (starts.get(run) ?? 0)) starts.set(run, begun);
      }
    },
    seen: () => starts.size,
    startedTwice: (taskId) =>
      [...starts]
        .filter(([run, count]) => run.startsWith(`${taskId}-`) && count > 1)
        .map(([run, count]) => `its agent was started ${count} times in run ${run}`),
  };
}

/** Empty when it is gone by now. */
function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
