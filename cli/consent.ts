/** Whoever is about to change something says that it is meant: asked on a terminal, by `--yes` where nobody can be asked. */
import { userInfo } from "node:os";
import { createInterface } from "node:readline/promises";
import type { Env } from "../src/config.ts";
import { UsageError } from "./usage-error.ts";

/** False where they decline. Throws UsageError where nobody can be asked. */
export async function consent(question: string, { yes = false }: { yes?: boolean | undefined }): Promise<boolean> {
  if (yes) return true;
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new UsageError("nobody can be asked here whether that is meant: add --yes");
  const ask = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await ask.question(`${question} [y/N] `)).trim());
  } finally {
    ask.close();
  }
}

/** The name of whoever asks, on this machine: behind sudo it is theirs. */
export function operatorName(env: Env): string {
  if (env.SUDO_USER) return env.SUDO_USER;
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? ""}`.trim(); // the system knows only their number
  }
}
