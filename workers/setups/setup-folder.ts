/**
 * Kept results of setup commands: `<data>/host/setups/<repository id>-<key>`, one that only a task may use with its id behind. A
 * folder appears whole, belongs to the host, and is shown to no agent.
 */
import { existsSync, lstatSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { checkTaskId, setupsDir } from "../workspace/host-folders.ts";

export type SetupOwner = {
  repositoryId: number;
  key: string /** None: every task of the repository may. */;
  taskId?: string;
};

const metaShape = z.object({ bytes: z.number().nonnegative() });

export const setupFolder = (dataDir: string, { repositoryId, key, taskId }: SetupOwner): string => {
  if (!/^[0-9a-f]{40}$/.test(key) || !Number.isSafeInteger(repositoryId)) throw new Error("Not the name of a setup.");
  return join(setupsDir(dataDir), `${repositoryId}-${key}${taskId === undefined ? "" : `-${checkTaskId(taskId)}`}`);
};

/** A folder beside them that counts as none yet, or no more. */
const passingFolder = (dataDir: string, name: string): string => join(setupsDir(dataDir), `.${name}`);

export const isWhole = (dir: string): boolean => existsSync(join(dir, "meta.json"));

export function touch(dir: string): void {
  const now = new Date();
  utimesSync(dir, now, now);
}

/** `filled`: all but its size. One that stands there already stays. */
export async function finishFolder(filled: string, dir: string, bytes: number): Promise<void> {
  writeFileSync(join(filled, "meta.json"), JSON.stringify({ bytes }), { mode: 0o600 });
  await rename(filled, dir).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    await rm(filled, { recursive: true, force: true });
  });
}

/** Gone for whoever looks, then removed: that may take a while. */
export async function removeFolder(dataDir: string, dir: string): Promise<void> {
  if (!existsSync(dir)) return;
  const passing = passingFolder(dataDir, `gone-${process.hrtime.bigint()}`);
  await rename(dir, passing);
  await rm(passing, { recursive: true, force: true });
}

/** Undefined when it is not whole. */
export function measure(dir: string): { bytes: number; madeAt: number; usedAt: number } | undefined {
  if (!isWhole(dir)) return undefined;
  const meta = join(dir, "meta.json");
  const [madeAt, usedAt] = [lstatSync(meta).mtimeMs, lstatSync(dir).mtimeMs];
  try {
    return { ...metaShape.parse(JSON.parse(readFileSync(meta, "utf8"))), madeAt, usedAt };
  } catch {
    return undefined; // cut off by a power failure: it goes
  }
}

export function makePassing(dataDir: string, name: string): string {
  const dir = passingFolder(dataDir, name);
  mkdirSync(dir, { mode: 0o700 });
  return dir;
}
