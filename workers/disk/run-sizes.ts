/**
 * How much each run has on the disk: its workspace with the agent's home and temporary files, and its own folder. Folders of an
 * agent are measured by du(1), which follows no link, and only when so much was written on the whole disk since the last time
 * that a run can have gone over its cap: measuring costs more than all else that a host does while agents work.
 */

import type { Run } from "../run/run.ts";
import { runProgram } from "../run-program.ts";
import { SEARCH_PATH } from "../sandbox/find-program.ts";
import { workspaceDir } from "../workspace/host-folders.ts";

const MEASURE_MS = 30_000;
/** Measured at least this often, ms: what is removed elsewhere hides what is written here. */
const AT_LEAST_EVERY_MS = 5 * 60_000;
/** Measured when the disk's use has grown by this part of the cap. */
const PART_OF_CAP = 8;

/** In bytes, as far as it could be measured in time. */
export type RunSizes = ReadonlyMap<Run, number>;

export async function measureRuns(dataDir: string, runs: readonly Run[]): Promise<RunSizes> {
  const folders = runs.map((run) => [workspaceDir(dataDir, run.task.spec.id), run.folder.dir]);
  const args = ["-skx", "--", ...folders.flat()];
  // Agents make and remove files meanwhile, of which it complains.
  const { stdout } = await runProgram({ file: "du", args, env: { PATH: SEARCH_PATH }, timeoutMs: MEASURE_MS });
  const kilobytes = new Map(
    stdout.split("\n").flatMap((line) => {
      const [, size, path] = /^(\d+)\t(.+)$/.exec(line) ?? [];
      return path === undefined ? [] : [[path, Number(size)] as const];
    }),
  );
  const bytesOf = (path: string) => (kilobytes.get(path) ?? 0) * 1_024;
  return new Map(runs.map((run, index) => [run, (folders[index] ?? []).reduce((sum, path) => sum + bytesOf(path), 0)]));
}

/** Says when it is time to measure. `capBytes`: the least that one of the runs may have. */
export function makeMeasuring(now: () => number = () => performance.now()) {
  let usedThen = 0;
  let measuredAt = Number.NEGATIVE_INFINITY;
  return {
    isDue: (usedBytes: number, capBytes: number) =>
      usedBytes - usedThen > capBytes / PART_OF_CAP || now() - measuredAt > AT_LEAST_EVERY_MS,
    done(usedBytes: number) {
      usedThen = usedBytes;
      measuredAt = now();
    },
  };
}
