/**
 * The reserve: a file that does nothing but take room in the data folder. It is given up when the disk is nearly full, so that
 * Redis and the host can go on writing while what fills the disk is stopped, and it is made again when there is room.
 */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";

export const reserveFile = (dataDir: string): string => join(dataDir, "reserve");

/** True when there was one. */
export function releaseReserve(dataDir: string): boolean {
  const file = reserveFile(dataDir);
  const was = existsSync(file);
  rmSync(file, { force: true });
  return was;
}
