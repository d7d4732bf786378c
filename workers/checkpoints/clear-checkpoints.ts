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

export type KeptCheckpoint = { dir: string; taskId: string; bytes: number; takenAt: number };

/** All on this host, newest first; `surplus`: those for which there is no room any more. */
export async function measureCheckpoints(
  dataDir: string,
  maxBytes: number = MAX_ALL_BYTES,
): Promise<{ all: KeptCheckpoint[]; surplus: KeptCheckpoint[] }> {
  const dir = checkpointsDir(dataDir);
  const names = await readdir(dir).catch(() => []); // none was ever taken
  const found = await Promise.all(names.map((name) => measure(join(dir, name))));
  const all = found.sort((one, other) => other.takenAt - one.takenAt);
  let bytes = 0;
  const surplus = all.filter((each) => {
    bytes += each.bytes;
    return bytes > maxBytes;
  });
  return { all, surplus };
}

/** Never throws: what cannot be removed is logged and tried again at the next round. */
export async function clearCheckpoints(
  { dataDir, isLive, log }: Clearing,
  maxBytes: number = MAX_ALL_BYTES,
): Promise<void> {
  try {
    for (const each of (await measureCheckpoints(dataDir, maxBytes)).surplus) {
      if (isLive(each.taskId)) continue;
      await rm(each.dir, { recursive: true, force: true });
      log.warn({ task: each.taskId, bytes: each.bytes }, "a checkpoint is removed: there is no room for more");
    }
  } catch (error) {
    log.error({ err: error, dir: checkpointsDir(dataDir) }, "checkpoints cannot be cleared: look at them by hand");
  }
}

/** By the files' own sizes and the folder's time: one whose record is cut off must go some day as well. */
async function measure(dir: string): Promise<KeptCheckpoint> {
  const names = await readdir(dir, { recursive: true });
  const sizes = names.map((name) => lstatSync(join(dir, name), { throwIfNoEntry: false })?.size ?? 0);
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const [, taskId = ""] = /([^/]+)\.git$/.exec(dir) ?? [];
  return { dir, taskId, bytes, takenAt: lstatSync(dir, { throwIfNoEntry: false })?.mtimeMs ?? 0 };
}
