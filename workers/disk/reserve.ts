/**
 * The reserve: a file that does nothing but take room in the data folder. It is given up when the disk is nearly full, so that
 * Redis and the host can go on writing while what fills the disk is stopped, and it is made again when there is room.
 */
import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../run-program.ts";
import { SEARCH_PATH } from "../sandbox/find-program.ts";

const ALLOCATE_MS = 60_000;

export const reserveFile = (dataDir: string): string => join(dataDir, "reserve");

/** Blocks, not a hole. False when they cannot be had, and then nothing is kept. */
export async function makeReserve(dataDir: string, bytes: number): Promise<boolean> {
  const file = reserveFile(dataDir);
  if (existsSync(file)) return true;
  const args = ["--length", String(bytes), `${file}.new`];
  const { exitCode } = await runProgram({
    file: "fallocate",
    args,
    env: { PATH: SEARCH_PATH },
    timeoutMs: ALLOCATE_MS,
  });
  if (exitCode !== 0) {
    rmSync(`${file}.new`, { force: true });
    return false;
  }
  // Whoever gives it up looks for this name.
  renameSync(`${file}.new`, file);
  return true;
}

/** True when there was one. */
export function releaseReserve(dataDir: string): boolean {
  const file = reserveFile(dataDir);
  const was = existsSync(file);
  rmSync(file, { force: true });
  return was;
}
