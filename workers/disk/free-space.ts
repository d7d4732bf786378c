/** How much room is left on the disk that a folder is on, and what says that there is none. */
import { statfs } from "node:fs/promises";

/** What others than root can still write there, and what is written, in bytes. */
export type Space = { freeBytes: number; usedBytes: number };

export async function spaceOf(folder: string): Promise<Space> {
  const { bavail, bfree, blocks, bsize } = await statfs(folder);
  return { freeBytes: bavail * bsize, usedBytes: (blocks - bfree) * bsize };
}

/** Also where a program of ours, such as git, says so in its own words. */
export function isDiskFull(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return code === "ENOSPC" || code === "EDQUOT" || /ENOSPC|No space left on device/.test(String(message));
}
