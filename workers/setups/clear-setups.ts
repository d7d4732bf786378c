/** Clears results of setup commands that are older than the operator wants, and the longest unused while all take too much room. */
import { lstatSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Shared } from "../run/run.ts";
import { setupsDir } from "../workspace/host-folders.ts";
import { measure, removeFolder } from "./setup-folder.ts";

const DAY_MS = 24 * 3600 * 1000;
const HOUR_MS = 3600 * 1000;
const GIGABYTE = 1024 ** 3;

export type OldSetup = { dir: string; bytes: number };

/** Those that are past their time, or the longest unused where all together take too much. */
export async function findOldSetups({ dataDir, operator }: Pick<Shared, "dataDir" | "operator">): Promise<OldSetup[]> {
  const { keepSetupDays, setupGigabytes } = operator.limits;
  const madeSince = Date.now() - keepSetupDays * DAY_MS;
  let all = 0;
  return (await latestFirst(setupsDir(dataDir))).filter(({ bytes, madeAt }) => {
    all += bytes;
    return madeAt <= madeSince || all > setupGigabytes * GIGABYTE;
  });
}

/** Never throws: what cannot be removed is logged and tried again at the next round. */
export async function clearSetups({
  dataDir,
  operator,
  log,
}: Pick<Shared, "dataDir" | "operator" | "log">): Promise<void> {
  try {
    for (const { dir, bytes } of await findOldSetups({ dataDir, operator })) {
      await removeFolder(dataDir, dir);
      log.info({ dir, bytes }, "what a setup command made is cleared");
    }
  } catch (error) {
    log.error({ err: error }, "what setup commands made cannot be cleared: look at it by hand");
  }
}

/** When a task is over, what was kept for it alone goes. */
export async function clearSetupsOf(dataDir: string, taskId: string): Promise<void> {
  const dir = setupsDir(dataDir);
  for (const name of await readdir(dir)) if (name.endsWith(`-${taskId}`)) await removeFolder(dataDir, join(dir, name));
}

type Kept = { dir: string; bytes: number; madeAt: number; usedAt: number };

/** What is not whole, and no copy that is under way, comes last and goes. */
async function latestFirst(dir: string): Promise<Kept[]> {
  const all = (await readdir(dir)).flatMap((name): Kept[] => {
    const path = join(dir, name);
    const found = name.startsWith(".") ? undefined : measure(path);
    if (found) return [{ dir: path, ...found }];
    const { mtimeMs = 0 } = lstatSync(path, { throwIfNoEntry: false }) ?? {};
    return mtimeMs > Date.now() - HOUR_MS ? [] : [{ dir: path, bytes: 0, madeAt: 0, usedAt: 0 }];
  });
  return all.sort((one, other) => other.usedAt - one.usedAt);
}
