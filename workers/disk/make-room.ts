/**
 * Cleans what is ours when the disk is nearly full, the least missed first, and no more than it takes: what is past its time,
 * git's half-written packs, then agents' sessions, the oldest first, for which a hand-over stands in. What a person was told is
 * kept, is kept.
 */
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { clearKeptSessions } from "../kept-sessions/clear-kept-sessions.ts";
import { clearOldRuns } from "../run/clear-old-runs.ts";
import type { Shared } from "../run/run.ts";
import { mirrorsDir } from "../workspace/host-folders.ts";

const MB = 1024 ** 2;
/** So much of all kept sessions stays, bytes, as long as that is enough. */
const SESSIONS_STAY = [2_048 * MB, 512 * MB, 128 * MB, 0];
/** A fetch that writes its pack for so long, ms, is none any more. */
const HALF_WRITTEN_MS = 3600_000;

/** `isEnough` is asked after each step. Never throws. */
export async function makeRoom(
  shared: Shared,
  { isLive, isEnough }: { isLive: (taskId: string) => boolean; isEnough: () => Promise<boolean> },
): Promise<void> {
  await clearOldRuns(shared, isLive);
  await clearHalfPacks(shared);
  for (const bytes of SESSIONS_STAY) {
    if (await isEnough()) return;
    await clearKeptSessions(shared, bytes);
  }
}

/** What git leaves of a fetch that was killed, or for which there was no room. */
async function clearHalfPacks({ dataDir, log }: Shared): Promise<void> {
  try {
    const dir = mirrorsDir(dataDir);
    for (const mirror of await readdir(dir)) {
      const packs = join(dir, mirror, "objects", "pack");
      const names = (await readdir(packs).catch(() => [])).filter((name) => name.startsWith("tmp_"));
      for (const name of names) {
        const path = join(packs, name);
        if ((await stat(path)).mtimeMs < Date.now() - HALF_WRITTEN_MS) await rm(path, { force: true });
      }
    }
  } catch (error) {
    log.warn({ err: error }, "half-written packs could not be removed");
  }
}
