/**
 * FIFOs made ahead. Node cannot make one, and starting mkfifo(1) takes longer than starting the session; so a few lie
 * ready and are moved to where one is needed.
 */
import { randomBytes } from "node:crypto";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { runProgram } from "../run-program.ts";

export type Fifos = {
  /** Makes `path` a FIFO that only this user can open. */
  place(path: string): Promise<void>;
};

/** A step takes two. */
const BATCH = 16;
const LOW = 6;

/** `dir` becomes the store and is emptied first. */
export async function openFifos(mkfifo: string, dir: string): Promise<Fifos> {
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const ready: string[] = [];
  let making: Promise<void> | undefined;

  const make = () => {
    making ??= makeFifos(
      mkfifo,
      Array.from({ length: BATCH }, () => join(dir, randomBytes(6).toString("hex"))),
    )
      .then((made) => void ready.push(...made))
      .finally(() => {
        making = undefined;
      });
    return making;
  };

  await make();
  return {
    async place(path) {
      while (ready.length === 0) await make();
      const spare = ready.pop() as string;
      // Ahead of need; should it fail, the next one who finds none ready hears of it.
      if (ready.length < LOW) make().catch(() => {});
      try {
        await rename(spare, path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
        await rm(spare);
        await makeFifos(mkfifo, [path]);
      }
    },
  };
}

async function makeFifos(mkfifo: string, paths: string[]): Promise<string[]> {
  const made = await runProgram({ file: mkfifo, args: ["-m", "600", "--", ...paths], env: {}, timeoutMs: 10_000 });
  if (made.exitCode !== 0) throw new Error(`mkfifo failed: ${made.stderr.trim() || made.signal}`);
  return paths;
}
