/**
 * Removes the oldest checkpoints of tasks that are over where all together take more room than they may. What has been kept long
 * enough goes with its run (`workers/run/clear-old-runs.ts`).
 */
import { lstatSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "pino";
import { checkpointsDir } from "./checkpoint-store.ts";

/** Of all checkpoints of a host together. */
const MAX_ALL_BYTES = 10 * 1024 * 1024 * 1024;

export type Clearing = { dataDir: string; isLive: (taskId: string) => boolean; log: Logger };

/** Never throws: what cannot be removed is logged and tried again at the next round. */
export async function clearCheckpoints(
  { dataDir, isLive, log }: Clearing,
  maxBytes: number = MAX_ALL_BYTES,
): Promise<void> {
  const dir = checkpointsDir(dataDir);
  try {
    const names = await readdir(dir).catch(() => []); // none was ever taken
    const all = await Promise.all(names.map((name) => measure(join(dir, name))));
    let bytes = 0;
    for (const each of all.sort((one, other) => other.takenAt - one.takenAt)) {
      bytes += each.bytes;
      if (bytes <= maxBytes || isLive(each.taskId)) continue;
      await rm(each.dir, { recursive: true, force: true });
      log.warn({ task: each.taskId, bytes: each.bytes }, "a checkpoint is removed: there is no room for more");
    }
  } catch (error) {
    log.error({ err: error, dir }, "checkpoints cannot be cleared: look at them by hand");
  }
}

/** By the files' own sizes and the folder's time: one whose record is cut off must go some day as well. */
async function measure(dir: string): Promise<{ dir: string; taskId: string; bytes: number; takenAt: number }> {
  const names = await readdir(dir, { recursive: true });
  const sizes = names.map((name) => lstatSync(join(dir, name), { throwIfNoEntry: false })?.size ?? 0);
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const [, taskId = ""] = /([^/]+)\.git$/.exec(dir) ?? [];
  return { dir, taskId, bytes, takenAt: lstatSync(dir, { throwIfNoEntry: false })?.mtimeMs ?? 0 };
}
