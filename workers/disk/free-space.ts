/** How much room is left on the disk that a folder is on, and what says that there is none. */
import { statfsSync } from "node:fs";

/** What others than root can still write there, and what is written, in bytes. */
export type Space = { freeBytes: number; usedBytes: number };

/** At once: a host asks every second, and handing that to another thread costs more than the answer. */
export function spaceOf(folder: string): Space {
  const { bavail, bfree, blocks, bsize } = statfsSync(folder);
  return { freeBytes: bavail * bsize, usedBytes: (blocks - bfree) * bsize };
}

/** Also where a program of ours, such as git, says so in its own words. */
export function isDiskFull(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return code === "ENOSPC" || code === "EDQUOT" || /ENOSPC|No space left on device/.test(String(message));
}
