/** Clears kept sessions that are older than the operator wants, and the oldest ones while all of them take too much room. */
import { lstatSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Shared } from "../run/run.ts";
import { sessionsDir } from "./kept-session.ts";

const DAY_MS = 24 * 3600 * 1000;

/** Of all together, packed. */
const MAX_ALL_BYTES = 5 * 1024 ** 3;

export type OldSession = { dir: string; bytes: number; savedAt: number };

/** Those that are past their time, or the oldest where all together take more than `maxBytes`. */
export async function findOldSessions(
  { dataDir, operator }: Pick<Shared, "dataDir" | "operator">,
  maxBytes = MAX_ALL_BYTES,
): Promise<OldSession[]> {
  const keptSince = Date.now() - operator.limits.keepSessionDays * DAY_MS;
  let bytes = 0;
  return (await newestFirst(sessionsDir(dataDir))).filter((kept) => {
    bytes += kept.bytes;
    return kept.savedAt <= keptSince || bytes > maxBytes;
  });
}

/** Never throws: what cannot be removed is logged and tried again at the next round. `maxBytes`: of all together. */
export async function clearKeptSessions(
  { dataDir, operator, log }: Pick<Shared, "dataDir" | "operator" | "log">,
  maxBytes = MAX_ALL_BYTES,
): Promise<void> {
  try {
    for (const { dir, bytes } of await findOldSessions({ dataDir, operator }, maxBytes)) {
      await rm(dir, { recursive: true, force: true });
      log.info({ dir, bytes }, "a kept session is cleared");
    }
  } catch (error) {
    log.error({ err: error }, "kept sessions cannot be cleared: look at them by hand");
  }
}

async function newestFirst(dir: string): Promise<OldSession[]> {
  const names = await readdir(dir).catch(() => []); // none was ever kept
  const all = await Promise.all(names.map(async (name) => measure(join(dir, name))));
  return all.sort((one, other) => other.savedAt - one.savedAt);
}

/** By the files' own times and sizes: a folder whose record is cut off must go some day as well. */
async function measure(dir: string): Promise<OldSession> {
  const files = (await readdir(dir).catch(() => [])).flatMap(
    (name) => lstatSync(join(dir, name), { throwIfNoEntry: false }) ?? [],
  );
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const { mtimeMs = 0 } = lstatSync(dir, { throwIfNoEntry: false }) ?? {};
  return { dir, bytes, savedAt: mtimeMs };
}
