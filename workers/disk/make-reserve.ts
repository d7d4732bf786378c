/** Makes the reserve (`reserve.ts`). Apart from giving it up, which `orch start` does too: it need not hold what starts programs. */
import { existsSync, renameSync, rmSync } from "node:fs";
import { runProgram } from "../run-program.ts";
import { SEARCH_PATH } from "../sandbox/find-program.ts";
import { reserveFile } from "./reserve.ts";

const ALLOCATE_MS = 60_000;

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
